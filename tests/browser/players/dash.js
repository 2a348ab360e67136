// dash.js: DASH.

async function createPlayer({ video, url, keys, error }) {
  const base64url = hex => btoa(String.fromCharCode(...hex.match(/../g).map(byte => parseInt(byte, 16))))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const player = dashjs.MediaPlayer().create();
  player.updateSettings({
    debug: { logLevel: dashjs.Debug.LOG_LEVEL_NONE },
    streaming: {
      abr: { autoSwitchBitrate: { video: false, audio: false } },
      // What is behind is fetched again after a seek.
      buffer: { bufferToKeep: 1, bufferPruningInterval: 0.5, bufferTimeDefault: 2, bufferTimeAtTopQuality: 2, bufferTimeAtTopQualityLongForm: 2, initialBufferLevel: 0.5 },
      text: { defaultEnabled: false },
    },
  });
  const { ERROR, KEY_ERROR, PLAYBACK_ERROR } = { ...dashjs.MediaPlayer.events, ...dashjs.Protection?.events };
  for (const type of new Set([ERROR, KEY_ERROR, PLAYBACK_ERROR].filter(Boolean)))
    player.on(type, event => error(`dash.js ${event.error?.code} ${event.error?.message}`));
  player.initialize(video, null, false);
  const clearkeys = Object.fromEntries(Object.entries(keys).map(pair => pair.map(base64url)));
  player.setProtectionData({ 'org.w3.clearkey': { clearkeys } });
  player.attachSource(url);
  const describe = track => ({ language: track.lang, codec: track.codec, active: track === player.getCurrentTrackFor('audio') });
  return {
    selectRendition([width]) {
      const wanted = player.getRepresentationsByType('video').find(representation => representation.width === width);
      player.setRepresentationForTypeById('video', wanted.id);
    },
    audioTracks: () => player.getTracksFor('audio').map(describe),
    // A seek before the new codec is in place makes dash.js append it under the old type.
    selectAudio: wanted => new Promise(done => {
      if (sameTrack(describe(player.getCurrentTrackFor('audio')), wanted)) return done();
      player.on(dashjs.MediaPlayer.events.TRACK_CHANGE_RENDERED, done);
      player.setCurrentTrack(player.getTracksFor('audio').find(track => sameTrack(describe(track), wanted)));
    }),
    selectText(language) {
      player.enableText(true);
      player.setTextTrack(player.getTracksFor('text').findIndex(track => track.lang === language));
    },
    words: () => nativeWords(video),
  };
}

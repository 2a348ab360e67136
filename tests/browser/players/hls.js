// hls.js: HLS.

async function createPlayer({ video, url, scheme, licence, error }) {
  const player = new Hls({
    maxBufferLength: 2, maxMaxBufferLength: 2, startLevel: -1,
    emeEnabled: scheme !== 'clear',
    drmSystems: { 'org.w3.clearkey': { licenseUrl: licence } },
  });
  player.on(Hls.Events.ERROR, (_, about) => { if (about.fatal) error(`hls.js ${about.type} ${about.details} ${about.error?.message}`); });
  player.loadSource(url);
  player.attachMedia(video);
  const describe = track => ({ language: track.lang, codec: track.audioCodec, active: track === player.audioTracks[player.audioTrack] });
  return {
    selectRendition([width]) { player.nextLevel = player.levels.findIndex(level => level.width === width); },
    // Those of the group of the variant that plays: of one codec.
    audioTracks: () => player.audioTracks.map(describe),
    selectAudio(wanted) { player.audioTrack = player.audioTracks.findIndex(track => sameTrack(describe(track), wanted)); },
    selectText(language) {
      player.subtitleTrack = player.subtitleTracks.findIndex(track => track.lang === language);
      player.subtitleDisplay = true;
    },
    words: () => nativeWords(video),
  };
}

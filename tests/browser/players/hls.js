// hls.js: HLS.

async function createPlayer({ video, url, key, kid, licence, error }) {
  const player = new Hls({
    maxBufferLength: 2, maxMaxBufferLength: 2, startLevel: -1,
    emeEnabled: !!key,
    drmSystems: key ? { 'org.w3.clearkey': { licenseUrl: licence } } : {},
  });
  player.on(Hls.Events.ERROR, (_, about) => { if (about.fatal) error(`hls.js ${about.type} ${about.details} ${about.error?.message}`); });
  player.loadSource(url);
  player.attachMedia(video);
  return {
    selectRendition([width]) { player.nextLevel = player.levels.findIndex(level => level.width === width); },
    audioLanguages: () => player.audioTracks.map(track => track.lang),
    audioLanguage: () => player.audioTracks[player.audioTrack]?.lang,
    selectAudio(language) { player.audioTrack = player.audioTracks.findIndex(track => track.lang === language); },
    textLanguage: () => player.subtitleTracks[player.subtitleTrack]?.lang,
    selectText(language) {
      player.subtitleTrack = player.subtitleTracks.findIndex(track => track.lang === language);
      player.subtitleDisplay = true;
    },
    words: () => nativeWords(video),
  };
}

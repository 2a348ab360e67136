// shaka-player: DASH and HLS.

async function createPlayer({ video, stage, url, protocol, keys, codec, error }) {
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/library/shaka.css' }));
  shaka.polyfill.installAll();
  const player = new shaka.Player();
  player.addEventListener('error', event => error(`shaka ${event.detail.code} ${JSON.stringify(event.detail.data).slice(0, 300)}`));
  player.setVideoContainer(stage);
  await player.attach(video);
  player.configure({
    abr: { enabled: false },
    preferredAudio: [{ codec: codec === 'aac' ? 'mp4a' : codec }],
    // What is behind is fetched again after a seek.
    streaming: { bufferingGoal: 2, rebufferingGoal: 0.5, bufferBehind: 1 },
    // It knows no `org.w3.clearkey` in playlists.
    manifest: { ignoreDrmInfo: protocol === 'HLS' },
    drm: { clearKeys: keys },
  });
  try {
    await player.load(url);
  } catch (event) {
    error(`shaka ${event.code ?? event} ${String(event.data).slice(0, 200)}`);
  }
  const active = tracks => tracks.find(track => track.active);
  return {
    selectRendition([width]) {
      const { audioId } = active(player.getVariantTracks());
      player.selectVariantTrack(player.getVariantTracks().find(track => track.width === width && track.audioId === audioId));
    },
    audioTracks: () => player.getAudioTracks().map(({ language, codecs, active }) => ({ language, codec: codecs, active })),
    selectAudio: wanted => player.selectAudioTrack(player.getAudioTracks().find(({ language, codecs }) => sameTrack({ language, codec: codecs }, wanted))),
    selectText: language => player.selectTextTrack(player.getTextTracks().find(track => track.language === language)),
    words: () => Array.from(stage.querySelectorAll('.shaka-text-container'), element => element.innerText).filter(Boolean),
  };
}

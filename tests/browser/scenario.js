// What every player is asked to do, in terms of the few operations that players/*.js give each of them.

const script = url => new Promise((done, failed) => {
  const element = Object.assign(document.createElement('script'), { src: url, onload: done });
  element.onerror = () => failed(new Error(`${url} was not loaded`));
  document.head.append(element);
});

// The words of the text tracks that the browser itself shows.
const nativeWords = video => Array.from(video.textTracks).filter(track => track.mode === 'showing')
  .flatMap(track => Array.from(track.activeCues || [], cue => cue.getCueAsHTML().textContent));

// Whether an audio track that a player lists is the one wanted. Codecs are said as in manifests, mp4a.40.2 for AAC.
const sameTrack = (track, { language, codec }) =>
  track?.language === language && /mp4a/.test(track.codec) === (codec === 'aac');

class Scenario {
  constructor(task) {
    this.task = task;
    this.video = document.getElementById('v');
    this.out = { steps: {}, errors: [], log: [] };
    this.frames = new Frames(this.video, task.film, task.scheme === 'clear');
    this.video.addEventListener('error', () => this.out.errors.push(`video: ${this.video.error?.message}`));
    this.video.addEventListener('waitingforkey', () => this.out.log.push('waitingforkey'));
  }

  // Waits until `condition` holds; an error of the player, or `limit` seconds gone, is the end.
  async until(what, condition, limit = 20) {
    const end = performance.now() + 1000 * limit;
    for (;;) {
      const value = await condition();
      if (value) return value;
      if (this.out.errors.length) throw new Error(`${what}: error of the player`);
      if (performance.now() > end) throw new Error(`${what}: not within ${limit} s (at ${this.video.currentTime} s)`);
      await new Promise(done => setTimeout(done, 20));
    }
  }

  async load() {
    const { player, task, video, out } = this;
    await script(`/library/${task.player}.js`);
    await script(`/browser/players/${task.player}.js`);
    this.player = await createPlayer({ video, stage: document.getElementById('stage'), ...task, error: text => out.errors.push(text) });
  }

  // Goes to a time; answers the first frame presented there.
  async seek(time) {
    const from = this.frames.shown.length;
    const arrived = new Promise(done => this.video.addEventListener('seeked', done, { once: true }));
    this.video.currentTime = time;
    let there = false;
    arrived.then(() => { there = true; });
    // A frame of the place that was left may come late.
    const near = () => this.frames.shown.slice(from).find(frame => Math.abs(frame.time - time) < 1);
    return this.until(`seek to ${time} s`, () => there && near());
  }

  async playsOn(seconds) {
    const start = this.video.currentTime, from = this.frames.shown.length;
    await this.until(`plays on from ${start} s`, () => this.video.currentTime > start + seconds && this.frames.shown.length > from + 2);
  }

  async step(name, action) {
    const start = performance.now();
    this.out.at = name;
    const value = await action();
    this.out.steps[name] = value ?? true;
    this.out.log.push(`${name} ${Math.round(performance.now() - start)} ms`);
  }

  async start() {
    await this.load();
    this.video.play().catch(() => {});
    await this.until('first frames', () => this.frames.shown.length > 3 && this.video.currentTime > 0.2, 30);
    // Before the seeks: over HLS, shaka-player shows text once a segment of video has followed the choice.
    await this.player.selectText(this.task.text[0].language);
  }

  async seeks() {
    const far = [];
    for (const time of this.task.seeks) {
      const frame = await this.seek(time);
      far.push(Math.abs(frame.time - time));
      await this.playsOn(0.3);
    }
    return Math.max(...far);
  }

  // Switches to the rendition of a width while playing; answers the longest gap between frames in milliseconds.
  async switchTo(width) {
    // The film is short: there must be enough of it left.
    await this.seek(0.5);
    const from = this.frames.shown.length;
    this.player.selectRendition(this.task.film.sizes.find(size => size[0] === width));
    await this.until(`${width} pixels wide`, () => this.frames.last(from)?.width === width);
    await this.playsOn(0.2);
    return this.frames.longestGap(from);
  }

  // Chooses each audio track that the player offers; players offer those of one codec, or all. Answers what was played.
  async audio() {
    const played = [];
    for (const { language, codec, tone } of this.task.audio) {
      const wanted = { language, codec };
      if (!this.player.audioTracks().some(track => sameTrack(track, wanted))) continue;
      await this.seek(0.5);
      await this.player.selectAudio(wanted);
      await this.until(`${codec} in ${language}`, () => sameTrack(this.player.audioTracks().find(track => track.active), wanted));
      const decoded = this.video.webkitAudioDecodedByteCount;
      await this.until(`${codec} in ${language} decoded`, () => this.video.webkitAudioDecodedByteCount > decoded);
      if (this.tone) await this.until(`tone of ${codec} in ${language}`, () => this.tone.is(tone), 8);
      played.push(`${codec} ${language}`);
    }
    return played;
  }

  // Chooses text by language and waits for the words at a time. Words may come later than the picture: then it goes
  // there once more.
  async text() {
    let chosen = this.task.text[0].language;
    for (const { language, time, words } of this.task.text) {
      if (chosen !== language) await this.player.selectText(language);
      chosen = language;
      let shown = null;
      await this.until(`words in ${language} at ${time} s`, async () => {
        await this.seek(time);
        await this.until('a second of play', () => {
          shown = this.player.words().join('\n').trim();
          return shown === words || this.video.currentTime > time + 0.9;
        });
        return shown === words;
      }, 15).catch(error => { throw new Error(`${error.message}: ${JSON.stringify(shown)} instead of ${JSON.stringify(words)}`); });
    }
    return this.task.text.length;
  }

  // Leaves a picture with words on the screen.
  async still() {
    const { language, time, words } = this.task.text[0];
    await this.player.selectText(language);
    this.video.pause();
    await this.seek(time);
    await this.until(`words: ${words}`, () => this.player.words().join('\n').trim() === words);
  }

  async end() {
    await this.seek(this.video.duration - 0.7);
    await this.until('the end', () => this.video.ended || this.video.currentTime > this.video.duration - 0.05);
    return this.video.duration;
  }

  async run() {
    const widths = this.task.film.sizes.map(size => size[0]);
    const { out } = this;
    try {
      await this.step('start', () => this.start());
      if (this.task.scheme === 'clear') this.tone = new Tone(this.video);
      await this.step('seeks', () => this.seeks());
      await this.step('down', () => this.switchTo(Math.min(...widths)));
      await this.step('up', () => this.switchTo(Math.max(...widths)));
      await this.step('audio', () => this.audio());
      await this.step('text', () => this.text());
      if (this.task.still) await this.step('still', () => this.still());
      else await this.step('end', () => this.end());
      delete out.at;
    } catch (error) {
      out.failed = `${out.at}: ${error.message ?? error}`;
    }
    const quality = this.video.getVideoPlaybackQuality();
    return { ...out, total: quality.totalVideoFrames, dropped: quality.droppedVideoFrames, presented: this.frames.shown.length,
      read: this.frames.read, wrong: this.frames.wrong.slice(0, 5) };
  }

  // With a wrong key: waits for an error, and says what was presented until then.
  async refused() {
    const start = performance.now();
    try {
      await this.load();
      this.video.play().catch(() => {});
      await this.until('an error', () => this.out.errors.length, this.task.limit);
    } catch (error) {
      this.out.log.push(String(error.message ?? error));
    }
    return { ...this.out, seconds: (performance.now() - start) / 1000, presented: this.frames.shown.length };
  }
}

// Listens to the frequency that an element plays.
class Tone {
  constructor(video) {
    this.audio = new AudioContext();
    this.analyser = new AnalyserNode(this.audio, { fftSize: 8192, smoothingTimeConstant: 0 });
    this.audio.createMediaElementSource(video).connect(this.analyser).connect(this.audio.destination);
  }

  // The loudest frequency if it is `hertz`, to the resolution of the analysis; else null.
  is(hertz) {
    const bins = new Float32Array(this.analyser.frequencyBinCount);
    this.analyser.getFloatFrequencyData(bins);
    const loudest = bins.indexOf(Math.max(...bins));
    const width = this.audio.sampleRate / this.analyser.fftSize;
    return bins[loudest] > -60 && Math.abs(loudest * width - hertz) < 2 * width ? Math.round(loudest * width) : null;
  }
}

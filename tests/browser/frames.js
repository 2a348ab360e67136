// What the film of media.py says about itself: read from the pictures that are presented.

// The parts of a frame's picture, scaled down to 4 by 2 pixels a cell of its strips.
const SCALE = 4;

class Frames {
  // Watches the frames that `video` presents. `film` is { rate, cells, strip, seconds, sizes }; pictures of encrypted
  // films cannot be read, so `readable` says whether to look.
  constructor(video, film, readable) {
    Object.assign(this, { video, film, readable, shown: [], wrong: [], read: 0 });
    this.canvas = new OffscreenCanvas(film.cells * SCALE, film.strip * 2 * SCALE);
    this.context = this.canvas.getContext('2d', { willReadFrequently: true });
    const next = (now, about) => {
      this.shown.push({ now, time: about.mediaTime, width: about.width });
      if (readable) this.look();
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }

  // The last frame that was presented since the frame of index `from`.
  last(from = 0) { return this.shown.length > from ? this.shown[this.shown.length - 1] : null; }

  // The longest time in milliseconds between two frames presented since the frame of index `from`.
  longestGap(from) {
    const frames = this.shown.slice(from);
    return Math.max(0, ...frames.slice(1).map((frame, i) => frame.now - frames[i].now));
  }

  // Compares the picture now shown with what it should be at its own time.
  look() {
    const { canvas, context, film } = this;
    const frame = new VideoFrame(this.video);
    const time = frame.timestamp / 1e6, width = frame.displayWidth;
    context.drawImage(frame, 0, 0, canvas.width, canvas.height);
    frame.close();
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const pixel = (x, y) => data.subarray(4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 3);
    const strip = y => Array.from({ length: film.cells }, (_, i) => pixel(i * SCALE + SCALE / 2, y)[1] > 127);
    const number = strip(canvas.height - SCALE).reduce((sum, bit) => 2 * sum + bit, 0);
    const rendition = strip(SCALE).indexOf(true);
    const expected = Math.round(time * film.rate);
    this.read++;
    if (number !== expected) this.wrong.push(`frame ${number} at ${time} s`);
    if (film.sizes[rendition]?.[0] !== width) this.wrong.push(`rendition ${rendition} is ${width} pixels wide at ${time} s`);
    const angle = 2 * Math.PI * Math.floor(number / film.rate) / film.seconds;
    const chroma = this.chroma(pixel);
    [Math.cos(angle), Math.sin(angle)].forEach((part, i) => {
      if (Math.abs(chroma[i] - film.chroma * part) > 6) this.wrong.push(`colour ${chroma.map(Math.round)} at ${time} s`);
    });
  }

  // The mean Cb and Cr of the middle of the picture, by BT.709 in limited range, without their offset of 128.
  chroma(pixel) {
    const sum = [0, 0, 0];
    let count = 0;
    for (let y = 3 * SCALE; y < this.canvas.height - 3 * SCALE; y++)
      for (let x = 0; x < this.canvas.width; x++, count++) pixel(x, y).forEach((value, i) => { sum[i] += value; });
    const [r, g, b] = sum.map(total => total / count);
    const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return [(b - y) / 1.8556 * 224 / 255, (r - y) / 1.5748 * 224 / 255];
  }
}

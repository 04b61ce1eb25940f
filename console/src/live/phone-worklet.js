// The audio of a call in the browser, 8 kHz both ways: it resamples where the browser's audio runs at another rate.
// A mark is answered when everything before it has been played.
const FRAME = 160;
const CUSHION = 480;

class Phone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / 8000;
    this.frame = [];
    this.position = 0;
    this.sum = 0;
    this.count = 0;
    this.empty();
    this.port.addEventListener('message', ({ data }) => {
      if (data.clear) {
        for (const one of this.queue) if (one.mark) this.port.postMessage({ mark: one.mark });
        this.empty();
        return;
      }
      this.queue.push(data);
      if (data.pcm) this.queued += data.pcm.length;
    });
    this.port.start();
  }

  empty() {
    this.queue = [];
    this.at = 0;
    this.queued = 0;
    this.playing = false;
  }

  process([input], [output]) {
    if (input[0]) this.hear(input[0]);
    this.play(output[0]);
    return true;
  }

  hear(samples) {
    for (const sample of samples) {
      this.sum += sample;
      this.count++;
      if (++this.position < this.step) continue;
      this.position -= this.step;
      this.frame.push(this.sum / this.count);
      this.sum = 0;
      this.count = 0;
      if (this.frame.length < FRAME) continue;
      this.port.postMessage({ pcm: Float32Array.from(this.frame) });
      this.frame = [];
    }
  }

  play(out) {
    if (!this.playing && this.queued >= CUSHION) this.playing = true;
    if (!this.playing) {
      while (this.queue[0]?.mark) this.port.postMessage({ mark: this.queue.shift().mark });
      return;
    }
    for (let i = 0; i < out.length; i++) {
      let head = this.queue[0];
      while (head && (head.mark || this.at >= head.pcm.length)) {
        if (head.mark) this.port.postMessage({ mark: head.mark });
        else {
          this.at -= head.pcm.length;
          this.queued -= head.pcm.length;
        }
        this.queue.shift();
        head = this.queue[0];
      }
      if (!head) {
        this.playing = false;
        this.at = 0;
        return;
      }
      const from = Math.floor(this.at);
      const sample = head.pcm[from];
      const next = head.pcm[Math.min(from + 1, head.pcm.length - 1)];
      out[i] = sample + (next - sample) * (this.at - from);
      this.at += 1 / this.step;
    }
  }
}

registerProcessor('phone', Phone);

// Plays the sweeps of the page: a small synthesiser, no files, no network.
"use strict";
(() => {
  const { tempo: startTempo, sweeps } = JSON.parse(document.getElementById("sounds").textContent);
  const AudioContextClass = window.AudioContext || window.webkitAudioContext;
  const buttons = [...document.querySelectorAll("button[data-sweep]")];
  const tempoInput = document.getElementById("tempo");
  const LEAD = 0.08; // seconds between the click and the first note
  const AHEAD = 2.5; // seconds: notes are handed to the browser so long before they sound
  // Amplitudes of the harmonics from the constant on; loudness, attack in seconds, level that is held, decay in seconds.
  const VOICES = {
    plain: { harmonics: [0, 1, 0.45, 0.25, 0.12, 0.06, 0.03], gain: 1, attack: 0.01, held: 0.4, decay: 0.35 },
    bass: { harmonics: [0, 1, 0.6, 0.3, 0.1], gain: 1.1, attack: 0.01, held: 0.5, decay: 0.3 },
    guitar: { harmonics: [0, 1, 0.6, 0.5, 0.3, 0.2, 0.12, 0.06], gain: 0.5, attack: 0.005, held: 0.12, decay: 0.25 },
    strings: { harmonics: [0, 1, 0.5, 0.33, 0.25, 0.2, 0.1], gain: 0.55, attack: 0.06, held: 0.8, decay: 0.5 },
  };
  const LOWEST_CYMBAL = 42, KICKS = [35, 36], SNARES = [37, 38, 39, 40], TOMS = [41, 43, 45, 47, 48, 50]; // General MIDI
  const STEP = 0.25, SHORTER = 0.2; // quarters of a step of a song's roll; steps by which its lines are too short

  let context = null; // made at the first click, as browsers want it
  let noise = null; // for drums
  const waves = {};
  let playing = null;

  if (!AudioContextClass) {
    buttons.forEach((button) => { button.disabled = true; button.title = "This browser cannot play sound."; });
    return;
  }

  const quarters = () => Number(tempoInput ? tempoInput.value : startTempo) / 60; // per second

  function waveOf(name) {
    const { harmonics } = VOICES[name];
    waves[name] = waves[name] || context.createPeriodicWave(new Float32Array(harmonics.length), new Float32Array(harmonics));
    return waves[name];
  }

  function sound(output, pitch, start, seconds, name = "plain") {
    const { gain, attack, held, decay } = VOICES[name];
    const oscillator = new OscillatorNode(context, { frequency: 440 * 2 ** ((pitch - 69) / 12) });
    oscillator.setPeriodicWave(waveOf(name));
    const envelope = new GainNode(context, { gain: 0 });
    const end = start + seconds;
    envelope.gain.setValueAtTime(0, start);
    envelope.gain.linearRampToValueAtTime(gain, start + attack);
    envelope.gain.setTargetAtTime(gain * held, start + attack, decay);
    envelope.gain.setTargetAtTime(0, Math.max(end - 0.04, start + attack + 0.01), 0.025);
    oscillator.connect(envelope).connect(output);
    oscillator.start(start);
    oscillator.stop(end + 0.2);
  }

  // Kicks and toms are a tone that falls; all other drums are noise: cymbals high, snares in the middle.
  function drum(output, pitch, start) {
    const isKick = KICKS.includes(pitch), isSkin = isKick || TOMS.includes(pitch);
    const isSnare = SNARES.includes(pitch), isOpen = pitch >= LOWEST_CYMBAL && ![42, 44].includes(pitch);
    const length = isSkin ? 0.22 : isSnare ? 0.16 : isOpen ? 0.25 : 0.05;
    const envelope = new GainNode(context, { gain: isKick ? 2.2 : isSkin ? 1.4 : isSnare ? 1.3 : 0.55 });
    envelope.gain.setTargetAtTime(0, start, length / 3);
    let source;
    if (isSkin) {
      const frequency = isKick ? 120 : 90 + 12 * (pitch - TOMS[0]);
      source = new OscillatorNode(context, { frequency });
      source.frequency.setTargetAtTime(frequency * 0.42, start, 0.03);
      source.connect(envelope);
    } else {
      source = new AudioBufferSourceNode(context, { buffer: noise });
      const filter = { type: isSnare ? "bandpass" : "highpass", frequency: isSnare ? 1900 : 7000, Q: 0.7 };
      source.connect(new BiquadFilterNode(context, filter)).connect(envelope);
    }
    envelope.connect(output);
    source.start(start);
    source.stop(start + 2 * length);
  }

  function makeNoise() {
    const buffer = new AudioBuffer({ length: context.sampleRate / 2, sampleRate: context.sampleRate });
    const samples = buffer.getChannelData(0);
    for (let k = 0; k < samples.length; k += 1) samples[k] = 2 * Math.random() - 1;
    return buffer;
  }

  // The rolls of songs are their notes: every "M<step> <pitch>h<steps>" of a path that is not gone.
  function notesOf(key, length) {
    const notes = [];
    document.querySelectorAll(`#${key} svg.song`).forEach((roll, place) => {
      roll.querySelectorAll("path:not(.gone)").forEach((path) => {
        const voice = path.parentNode.getAttribute("class");
        for (const [, step, pitch, steps] of path.getAttribute("d").matchAll(/M(\d+) (\d+)h([\d.]+)/g)) {
          notes.push([place * length + step * STEP, (Number(steps) + SHORTER) * STEP, Number(pitch), voice]);
        }
      });
    });
    return notes.sort((one, other) => one[0] - other[0]);
  }

  // The roll knows where its axes are; a line over them shows the time.
  function makePlayhead(key) {
    const area = document.getElementById(`${key}-roll`);
    const rolls = [...document.querySelectorAll(`#${key} svg.song`)]; // of songs, one for each version
    const box = area ? area.getBBox() : rolls.length ? rolls[0].viewBox.baseVal : { width: 0 };
    if (!box.width) return null;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    line.setAttribute("class", "playhead");
    line.setAttribute("y1", box.y);
    line.setAttribute("y2", box.y + box.height);
    if (area) area.parentNode.appendChild(line);
    return { line, box, rolls };
  }

  function mark(element, on) {
    element.classList.toggle("sounding", on);
  }

  function play(button) {
    context = context || new AudioContextClass();
    noise = noise || makeNoise();
    context.resume();
    const key = button.dataset.sweep;
    const { measures, quarters: length, bar } = sweeps[key]; // length of an item, and of a written measure
    const notes = sweeps[key].notes || (sweeps[key].notes = notesOf(key, length));
    const only = button.dataset.measure;
    const from = only === undefined ? 0 : Number(only) * length;
    const to = only === undefined ? measures * length : from + length;
    const speed = quarters();
    const output = new GainNode(context, { gain: 0.22 });
    output.connect(context.destination);
    const start = context.currentTime + LEAD;
    const marked = notes
      .map(([onset, duration], index) => [onset, duration, document.getElementById(`${key}-note-${index}`)])
      .filter(([, , element]) => element);
    playing = {
      key, marked, bar, length, total: measures * length, from, to, speed, start, output, button,
      waiting: notes.filter(([onset]) => onset >= from && onset < to).sort((one, other) => one[0] - other[0]), next: 0,
      playhead: makePlayhead(key),
      bars: document.querySelectorAll(`#${key} .score .measure`),
      label: only === undefined ? button.textContent : null,
    };
    button.setAttribute("aria-pressed", "true");
    if (only === undefined) button.textContent = "Stop";
    schedule();
    playing.timer = setInterval(schedule, 500);
    requestAnimationFrame(follow);
  }

  function schedule() {
    const { waiting, from, speed, start, output } = playing;
    while (playing.next < waiting.length) {
      const [onset, duration, pitch, voice] = waiting[playing.next];
      const at = start + (onset - from) / speed;
      if (at > context.currentTime + AHEAD) return;
      if (voice === "drums") drum(output, pitch, at);
      else sound(output, pitch, at, duration / speed, voice);
      playing.next += 1;
    }
  }

  function show(now) {
    const { marked, bar: barLength, length, total, playhead, bars } = playing;
    marked.forEach(([onset, duration, element]) => mark(element, onset <= now && now < onset + duration));
    bars.forEach((bar, index) => mark(bar, Math.floor(now / barLength) === index));
    if (playhead && playhead.rolls.length) {
      const place = Math.floor(now / length);
      const roll = playhead.rolls[place];
      if (roll && playhead.line.parentNode !== roll) roll.appendChild(playhead.line);
      const x = ((now - place * length) / length) * playhead.box.width;
      playhead.line.setAttribute("x1", x);
      playhead.line.setAttribute("x2", x);
    } else if (playhead) {
      // The axis shows 0.05 quarters more at either end.
      const x = playhead.box.x + (playhead.box.width * (now + 0.05)) / (total + 0.1);
      playhead.line.setAttribute("x1", x);
      playhead.line.setAttribute("x2", x);
    }
  }

  function follow() {
    if (!playing) return;
    const now = playing.from + Math.max(0, context.currentTime - playing.start) * playing.speed;
    if (now >= playing.to) { stop(); return; }
    show(now);
    requestAnimationFrame(follow);
  }

  function stop() {
    if (!playing) return;
    const { output, button, label, playhead, timer } = playing;
    clearInterval(timer);
    show(-1);
    if (playhead) playhead.line.remove();
    button.setAttribute("aria-pressed", "false");
    if (label !== null) button.textContent = label;
    output.gain.setTargetAtTime(0, context.currentTime, 0.02);
    setTimeout(() => output.disconnect(), 300);
    playing = null;
  }

  buttons.forEach((button) => {
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const again = playing && playing.button === button;
      stop();
      if (!again) play(button);
    });
  });
  document.querySelectorAll("input[name=way]").forEach((input) => input.addEventListener("change", stop));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") stop(); });
  if (tempoInput) {
    tempoInput.addEventListener("input", () => {
      document.getElementById("tempo-shown").value = tempoInput.value;
      stop();
    });
  }
})();

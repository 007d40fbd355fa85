// Plays the sweeps of the page: a small synthesiser, no files, no network.
"use strict";
(() => {
  const { tempo: startTempo, sweeps } = JSON.parse(document.getElementById("sounds").textContent);
  const AudioContextClass = window.AudioContext || window.webkitAudioContext;
  const buttons = [...document.querySelectorAll("button[data-sweep]")];
  const tempoInput = document.getElementById("tempo");
  const LEAD = 0.08; // seconds between the click and the first note
  const HARMONICS = [0, 1, 0.45, 0.25, 0.12, 0.06, 0.03]; // amplitudes, from the constant on

  let context = null; // made at the first click, as browsers want it
  let wave = null;
  let playing = null;

  if (!AudioContextClass) {
    buttons.forEach((button) => { button.disabled = true; button.title = "This browser cannot play sound."; });
    return;
  }

  const quarters = () => Number(tempoInput ? tempoInput.value : startTempo) / 60; // per second

  function sound(output, pitch, start, seconds) {
    const oscillator = new OscillatorNode(context, { frequency: 440 * 2 ** ((pitch - 69) / 12) });
    oscillator.setPeriodicWave(wave);
    const envelope = new GainNode(context, { gain: 0 });
    const end = start + seconds;
    envelope.gain.setValueAtTime(0, start);
    envelope.gain.linearRampToValueAtTime(1, start + 0.01);
    envelope.gain.setTargetAtTime(0.4, start + 0.01, 0.35);
    envelope.gain.setTargetAtTime(0, Math.max(end - 0.04, start + 0.02), 0.025);
    oscillator.connect(envelope).connect(output);
    oscillator.start(start);
    oscillator.stop(end + 0.2);
  }

  // The roll knows where its axes are; a line over them shows the time.
  function makePlayhead(key) {
    const area = document.getElementById(`${key}-roll`);
    const box = area ? area.getBBox() : { width: 0 };
    if (!box.width) return null;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    line.setAttribute("class", "playhead");
    line.setAttribute("y1", box.y);
    line.setAttribute("y2", box.y + box.height);
    area.parentNode.appendChild(line);
    return { line, box };
  }

  function mark(element, on) {
    if (element) element.classList.toggle("sounding", on);
  }

  function play(button) {
    context = context || new AudioContextClass();
    wave = wave || context.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
    context.resume();
    const key = button.dataset.sweep;
    const { notes, measures, quarters: length, bar } = sweeps[key]; // length of an item, and of a written measure
    const only = button.dataset.measure;
    const from = only === undefined ? 0 : Number(only) * length;
    const to = only === undefined ? measures * length : from + length;
    const speed = quarters();
    const output = new GainNode(context, { gain: 0.22 });
    output.connect(context.destination);
    const start = context.currentTime + LEAD;
    notes.forEach(([onset, duration, pitch]) => {
      if (onset >= from && onset < to) sound(output, pitch, start + (onset - from) / speed, duration / speed);
    });
    playing = {
      key, notes, bar, total: measures * length, from, to, speed, start, output, button,
      playhead: makePlayhead(key),
      bars: document.querySelectorAll(`#${key} .score .measure`),
      label: button.textContent,
    };
    button.setAttribute("aria-pressed", "true");
    if (only === undefined) button.textContent = "Stop";
    requestAnimationFrame(follow);
  }

  function show(now) {
    const { key, notes, bar: barLength, total, playhead, bars } = playing;
    notes.forEach(([onset, duration], index) => {
      mark(document.getElementById(`${key}-note-${index}`), onset <= now && now < onset + duration);
    });
    bars.forEach((bar, index) => mark(bar, Math.floor(now / barLength) === index));
    if (playhead) {
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
    const { output, button, label, playhead } = playing;
    show(-1);
    if (playhead) playhead.line.remove();
    button.setAttribute("aria-pressed", "false");
    button.textContent = label;
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

/** Our own soundfont: computed when sound is first asked for, so that nothing has to be loaded. */

import { BasicInstrument, BasicPreset, BasicSample, BasicSoundBank, GeneratorTypes as Generators, SampleTypes } from "spessasynth_core";
import { DRUMS } from "./drums";
import { type Instrument, INSTRUMENTS } from "./instruments";
import { RATE, type Wave } from "./waves";

let made: Promise<ArrayBuffer> | null = null;

/** The soundfont as a SoundFont 2 file; made once. */
export function soundfont(): Promise<ArrayBuffer> {
  made ??= make();
  return made;
}

async function make(): Promise<ArrayBuffer> {
  const bank = new BasicSoundBank();
  bank.soundBankInfo.name = "latune";
  bank.soundBankInfo.engineer = "latune";
  bank.soundBankInfo.copyright = "MIT licence";
  const samples = new Map<string, BasicSample>();
  for (const instrument of INSTRUMENTS) {
    addInstrument(bank, instrument, samples);
    await pause(); // the page stays awake
  }
  addDrums(bank);
  bank.flush();
  return bank.writeSF2({ software: "latune" });
}

const pause = () => new Promise((resolve) => setTimeout(resolve));
const timecents = (seconds: number) => Math.round(1200 * Math.log2(seconds));

function sampleOf(wave: Wave & { cents?: number }): BasicSample {
  const cents = Math.round(wave.cents ?? 0);
  const [start, end] = wave.loop ?? [0, wave.data.length - 1];
  const sample = new BasicSample(`${wave.name} ${wave.key}`, RATE, wave.key, cents, SampleTypes.monoSample, start, end);
  sample.setAudioData(wave.data, RATE);
  return sample;
}

function addInstrument(bank: BasicSoundBank, { name, programs, keys, wave, ...sound }: Instrument, samples: Map<string, BasicSample>): void {
  const instrument = new BasicInstrument();
  instrument.name = name;
  keys.forEach((key, place) => {
    const shared = `${INSTRUMENTS.findIndex((other) => other.wave === wave)} ${key}`; // of the first that has this wave
    const sample = samples.get(shared) ?? sampleOf(wave(key));
    if (!samples.has(shared)) bank.addSamples(sample);
    samples.set(shared, sample);
    const zone = instrument.createZone(sample);
    const between = (a: number, b: number) => Math.floor((a + b) / 2);
    zone.keyRange = { min: place ? between(keys[place - 1], key) + 1 : 0, max: place < keys.length - 1 ? between(key, keys[place + 1]) : 127 };
    zone.setGenerator(Generators.sampleModes, 1);
    zone.setGenerator(Generators.initialAttenuation, sound.attenuation * 10);
    zone.setGenerator(Generators.attackVolEnv, timecents(sound.attack));
    zone.setGenerator(Generators.releaseVolEnv, timecents(sound.release));
    zone.setGenerator(Generators.reverbEffectsSend, sound.reverb * 10);
    if (sound.decay) {
      zone.setGenerator(Generators.decayVolEnv, timecents(sound.decay));
      zone.setGenerator(Generators.sustainVolEnv, 1000);
      zone.setGenerator(Generators.keyNumToVolEnvDecay, 35); // high keys die sooner
    }
    if (sound.vibrato) {
      zone.setGenerator(Generators.vibLfoToPitch, sound.vibrato);
      zone.setGenerator(Generators.freqVibLFO, Math.round(1200 * Math.log2(5.2 / 8.176)));
      zone.setGenerator(Generators.delayVibLFO, timecents(0.25));
    }
  });
  bank.addInstruments(instrument);
  for (let program = programs[0]; program <= programs[1]; program++) addPreset(bank, instrument, name, program, false);
}

function addDrums(bank: BasicSoundBank): void {
  const instrument = new BasicInstrument();
  instrument.name = "Drums";
  const samples = new Map<() => Wave, BasicSample>();
  for (const { wave, keys, group, attenuation } of DRUMS) {
    const sample = samples.get(wave) ?? sampleOf(wave());
    if (!samples.has(wave)) bank.addSamples(sample);
    samples.set(wave, sample);
    for (const [key, semitones] of keys) {
      const zone = instrument.createZone(sample);
      zone.keyRange = { min: key, max: key };
      zone.setGenerator(Generators.sampleModes, 0);
      zone.setGenerator(Generators.overridingRootKey, key - semitones);
      zone.setGenerator(Generators.initialAttenuation, attenuation * 10);
      zone.setGenerator(Generators.releaseVolEnv, timecents(2)); // a stroke rings on when its key is let go
      zone.setGenerator(Generators.reverbEffectsSend, 60);
      if (group) zone.setGenerator(Generators.exclusiveClass, group);
    }
  }
  bank.addInstruments(instrument);
  addPreset(bank, instrument, "Drums", 0, true);
}

function addPreset(bank: BasicSoundBank, instrument: BasicInstrument, name: string, program: number, drums: boolean): void {
  const preset = new BasicPreset(bank);
  preset.name = name;
  preset.program = program;
  preset.isGMGSDrum = drums;
  preset.createZone(instrument);
  bank.addPresets(preset);
}

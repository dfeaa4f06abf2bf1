// The smallest image and sound that a client can show and play.

/** A red square of 16 by 16 pixels, as image/png in Base64. */
export const redSquarePng: string =
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAAA1BMVEXQIDCZrhzkAAAADElEQVR42mNgIA0AAAAwAAEodEl9AAAAAElFTkSuQmCC";

/** A tenth of a second of 440 Hz, as audio/wav in Base64. */
export const shortToneWav: string = buildTone();

/** 8 kHz, one channel, eight bits: a RIFF header of 44 bytes and 800 samples. */
function buildTone(): string {
  const samples = 800;
  const bytes = new Uint8Array(44 + samples);
  const view = new DataView(bytes.buffer);
  const write = (at: number, text: string): void => bytes.set(new TextEncoder().encode(text), at);
  write(0, "RIFF");
  view.setUint32(4, 36 + samples, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  write(36, "data");
  view.setUint32(40, samples, true);
  for (let i = 0; i < samples; i++) bytes[44 + i] = 128 + Math.round(100 * Math.sin(2 * Math.PI * 440 * i / 8000));
  return Buffer.from(bytes).toString("base64");
}

/**
 * TensorBoard event files: `Event` messages (tensorflow/core/util/event.proto) in TFRecord frames,
 * each with its length, a checksum of the length, the message, and a checksum of the message.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { maskedCrc32c } from "../../formats/crc32c.ts";

/** A value to plot under `tag`. */
export interface Scalar {
  tag: string;
  step: number;
  value: number;
  /** Wall time, seconds since 1970. */
  wallTime: number;
}

/** The first record of every event file. */
export function fileVersionRecord(wallTime: number): Uint8Array {
  return frame(event(wallTime, 0).tag(3, WireType.LengthDelimited).string("brain.Event:2"));
}

/** The record of one scalar. */
export function scalarRecord({ tag, step, value, wallTime }: Scalar): Uint8Array {
  const message = event(wallTime, step);
  message.tag(5, WireType.LengthDelimited).fork(); // summary
  message.tag(1, WireType.LengthDelimited).fork(); // value
  message.tag(1, WireType.LengthDelimited).string(tag);
  message.tag(2, WireType.Bit32).float(Math.fround(value)); // simple_value
  return frame(message.join().join());
}

/** A restart at `step`: TensorBoard drops later events that it has already read. */
export function restartRecord(step: number, wallTime: number): Uint8Array {
  const message = event(wallTime, step);
  message.tag(7, WireType.LengthDelimited).fork(); // session_log
  message.tag(1, WireType.Varint).int32(1); // status: START
  return frame(message.join());
}

/** The name of a new event file; TensorBoard reads the files of a folder by name. */
export function eventFileName(wallTime: number, host: string, pid: number): string {
  return `events.out.tfevents.${String(Math.floor(wallTime)).padStart(10, "0")}.${host}.${pid}.0`;
}

function event(wallTime: number, step: number): BinaryWriter {
  const writer = new BinaryWriter().tag(1, WireType.Bit64).double(wallTime);
  return step === 0 ? writer : writer.tag(2, WireType.Varint).int64(step);
}

function frame(message: BinaryWriter): Uint8Array {
  const payload = message.finish();
  const record = new Uint8Array(12 + payload.length + 4);
  const numbers = new DataView(record.buffer);
  numbers.setBigUint64(0, BigInt(payload.length), true);
  numbers.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(payload, 12);
  numbers.setUint32(12 + payload.length, maskedCrc32c(payload), true);
  return record;
}

/** Plays through the layers. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

interface PlayLayersProps {
  readonly count: number;
  readonly layer: number;
  readonly onLayer: (layer: number) => void;
}

/** Time per layer, milliseconds. */
const pace = 700;

/** A play and pause button; after the last layer it continues with the first. */
export function PlayLayers({ count, layer, onLayer }: PlayLayersProps) {
  const playing = useSignal(false);
  useEffect(() => {
    if (!playing.value) return;
    const timer = setTimeout(() => onLayer((layer + 1) % count), pace);
    return () => clearTimeout(timer);
  }, [playing.value, layer, count]);
  return (
    <button
      type="button"
      class="play"
      aria-pressed={playing.value}
      aria-label={playing.value ? "Pause layers" : "Play layers"}
      onClick={() => {
        playing.value = !playing.value;
      }}
    >
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        <path d={playing.value ? "M2 1h3v10h-3zM7 1h3v10h-3z" : "M2 1l9 5-9 5z"} />
      </svg>
    </button>
  );
}

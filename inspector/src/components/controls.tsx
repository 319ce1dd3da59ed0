/** Sliders, switches and choices. */
import type { ComponentChildren } from "preact";

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly min?: number;
  readonly step?: number;
  /** Display text of the value. */
  readonly says: string;
  readonly wide?: boolean;
  readonly onChange: (value: number) => void;
}

/** A slider with a display text of its value. */
export function Slider({
  label,
  value,
  min = 0,
  max,
  step = 1,
  says,
  wide = false,
  onChange,
}: SliderProps) {
  return (
    <label class={wide ? "slider wide-slider" : "slider"}>
      <span>{label}</span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={says}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
      <output>{says}</output>
    </label>
  );
}

interface ChoiceProps<T extends string | number> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

/** One of a few options, side by side. */
export function Choice<T extends string | number>({
  label,
  value,
  options,
  onChange,
}: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      <div>
        {options.map((option) => (
          <button
            key={option.value}
            type="button"
            aria-pressed={option.value === value}
            onClick={() => onChange(option.value)}
          >
            {option.label}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}

/** A switch. */
export function Switch({ label, value, onChange }: SwitchProps) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={value}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

interface LayerSliderProps {
  readonly layers: readonly string[];
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** The slider over layers; a single layer is shown as text in the same space. */
export function LayerSlider({ layers, value, onChange }: LayerSliderProps) {
  const name = layers[value] ?? "";
  if (layers.length < 2) return <p class="slider only">Layer <output>{name}</output></p>; // biome-ignore format: one line of text
  return (
    <Slider
      label="Layer"
      wide
      value={value}
      max={layers.length - 1}
      says={name}
      onChange={onChange}
    />
  );
}

/** Controls side by side. */
export function Toolbar({ children }: { readonly children: ComponentChildren }) {
  return <div class="toolbar">{children}</div>;
}

/** A text as it is written. */

interface RunningTextProps {
  readonly title: string;
  /** What it continues. */
  readonly prompt: string;
  readonly text: string;
  readonly running: boolean;
  /** What the button is called that starts anew. */
  readonly again: string;
  readonly onAgain: () => void;
  readonly onStop: () => void;
}

export function RunningText(props: RunningTextProps) {
  const { title, prompt, text, running, again, onAgain, onStop } = props;
  return (
    <div class="card answer running-text">
      <h3>{title}</h3>
      <p class="generated" aria-live="polite" aria-busy={running}>
        {prompt !== "" && <span class="passage">{prompt}</span>}
        {text}
        {running && <span class="caret" aria-hidden="true" />}
        {!running && text === "" && <span class="none">Nothing was said.</span>}
      </p>
      <button type="button" class="button" onClick={running ? onStop : onAgain}>
        {running ? "Stop" : again}
      </button>
    </div>
  );
}

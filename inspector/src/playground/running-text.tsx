/** Generated text in progress. */

interface RunningTextProps {
  readonly title: string;
  /** The prompt. */
  readonly prompt: string;
  readonly text: string;
  readonly running: boolean;
  /** Label of the button that generates again. */
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
        {!running && text === "" && <span class="none">Empty text.</span>}
      </p>
      <button type="button" class="button" onClick={running ? onStop : onAgain}>
        {running ? "Stop" : again}
      </button>
    </div>
  );
}

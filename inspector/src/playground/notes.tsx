/** Notes on truncated, unknown or empty text. */
const mostNotes = 8;

export function Notes({ notes }: { readonly notes: readonly string[] }) {
  const more = notes.length - mostNotes;
  return (
    <>
      {notes.slice(0, mostNotes).map((note) => (
        <p key={note} class="note">
          {note}
        </p>
      ))}
      {more > 0 && <p class="note">{more === 1 ? "1 more note" : `${more} more notes`}</p>}
    </>
  );
}

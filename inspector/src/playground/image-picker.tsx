/** Adds images by drop, file dialog or paste, and selects among them and the run's images. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Thumbnails } from "../components/thumbnails.tsx";
import { addFiles, type GivenImage, imageProblem } from "./images.ts";

interface ImagePickerProps {
  readonly images: readonly GivenImage[];
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
}

export function ImagePicker({ images, chosen, onChoose }: ImagePickerProps) {
  const over = useSignal(false);
  const pick = (index: number): void => {
    imageProblem.value = undefined;
    onChoose(index);
  };
  const take = async (files: Iterable<File>): Promise<void> => {
    await addFiles(files);
    if (imageProblem.value === undefined) onChoose(0);
  };
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) void take(files);
    };
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("paste", paste);
      imageProblem.value = undefined;
    };
  }, []);
  return (
    <>
      <label
        class={over.value ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          void take([...(event.dataTransfer?.files ?? [])]);
        }}
      >
        <input
          type="file"
          accept="image/*"
          multiple
          class="hidden"
          onChange={(event) => {
            const { files } = event.currentTarget;
            if (files !== null) void take([...files]);
            event.currentTarget.value = "";
          }}
        />
        <b>Drop an image here</b>, paste one, or <span class="like-link">choose a file</span>. It is
        not uploaded.
      </label>
      {imageProblem.value !== undefined && (
        <p class="note warning" role="alert">
          {imageProblem.value}
        </p>
      )}
      {images.length > 0 && <Thumbnails images={images} chosen={chosen} onChoose={pick} />}
    </>
  );
}

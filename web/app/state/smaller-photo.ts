const longestSide = 2048;

/** A photo as a JPEG of at most 2048 pixels a side; the same file where the browser cannot read it. */
export async function smallerPhoto(file: File): Promise<File> {
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) return file;
  const scale = Math.min(1, longestSide / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  if (!context) return file;
  context.fillStyle = "#ffffff"; // what is transparent would turn black
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise<Blob | null>((resolve) =>
    canvas.toBlob(resolve, "image/jpeg", 0.86),
  );
  return blob
    ? new File([blob], `${file.name.replace(/\.\w{1,8}$/, "")}.jpg`, { type: blob.type })
    : file;
}

import { UploadError } from "@crm_marketplace_chats/chats/model/chats_api";
import { _t } from "@web/core/l10n/translation";

/** What every browser shows and the server keeps as it is. */
const KEPT = ["image/jpeg", "image/png", "image/gif"];
/** Avito takes no more (see models/pictures.py). */
const MOST_PIXELS = 75_000_000;
/** What is drawn anew has at most so many pixels: Safari has no larger canvas. */
const CANVAS_PIXELS = 16_000_000;
/** In which steps a picture that is still too heavy is made smaller. */
const FACTORS = [1, 0.75, 0.5, 0.35, 0.2];
const QUALITY = 0.88;

/** Files that are pictures though the browser may not say so. */
export function isPicture({ type, name }) {
    return type.startsWith("image/") || /\.(heic|heif|webp|avif)$/i.test(name);
}

/**
 * A picture as the marketplace takes it, made in the browser, so that a phone's photo need not cross a weak line to
 * be refused. What cannot be opened here, but is of a kind that is taken, is left to the server to judge.
 *
 * @param {File} file
 * @param {{image_types: string[], image_limit: number}} channel
 * @returns {Promise<File>}
 * @throws {UploadError} with a message for the user
 */
export async function fitPicture(file, { image_types, image_limit }) {
    const isTaken = KEPT.includes(file.type) && image_types.includes(file.type);
    let bitmap;
    try {
        bitmap = await createImageBitmap(file);
    } catch (error) {
        if (KEPT.includes(file.type) && file.size <= image_limit) {
            return file;
        }
        throw new UploadError(
            _t("This browser cannot read the picture. Save it as JPEG or PNG and attach it again."),
            { cause: error }
        );
    }
    const pixels = bitmap.width * bitmap.height;
    try {
        if (isTaken && file.size <= image_limit && pixels <= MOST_PIXELS) {
            return file;
        }
        return await asJpeg(file, bitmap, image_limit);
    } finally {
        bitmap.close();
    }
}

async function asJpeg(file, bitmap, limit) {
    const most = Math.min(1, Math.sqrt(CANVAS_PIXELS / (bitmap.width * bitmap.height)));
    for (const factor of FACTORS) {
        const blob = await draw(bitmap, most * factor);
        if (blob && blob.size <= limit) {
            const name = `${file.name.replace(/\.[^.]*$/, "") || "photo"}.jpg`;
            return new File([blob], name, { type: "image/jpeg" });
        }
    }
    throw new UploadError(_t("The picture is too large for this marketplace."));
}

function draw(bitmap, scale) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    // What was transparent would become black.
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

import { countLabel } from "@crm_marketplace_chats/core/counter_service";

const SIZE = 32;
const RADIUS = 11;

/** @type {string} the picture that the page came with */
let original;
let wanted = 0;

/** @returns {Promise<string>} the tab's picture with a number in its corner */
async function drawCount(count) {
    const image = new Image();
    image.src = original;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIZE;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, SIZE, SIZE);
    const center = SIZE - RADIUS;
    context.fillStyle = "#d9363e";
    context.beginPath();
    context.arc(center, center, RADIUS, 0, 2 * Math.PI);
    context.fill();
    const label = countLabel(count);
    context.fillStyle = "#fff";
    context.font = `bold ${label.length > 2 ? 11 : 16}px sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(label, center, center + 1);
    return canvas.toDataURL("image/png");
}

/** @param {number} count shown on the tab's picture; 0 shows the picture as it was */
export async function favicon(count) {
    const link = document.querySelector("link[rel~='icon']");
    if (!link) {
        return;
    }
    original ??= link.href;
    wanted = count;
    const href = count ? await drawCount(count) : original;
    if (count === wanted) {
        link.href = href;
    }
}

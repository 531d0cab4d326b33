import {
    defineChatsModels,
    mockChatsServer,
    openChats,
} from "@crm_marketplace_chats/../tests/chats_test_helpers";
import { fitPicture, isPicture } from "@crm_marketplace_chats/chats/composer/pictures/fit_picture";
import { click, contains, insertText } from "@mail/../tests/mail_test_helpers";
import { describe, expect, press, queryAll, queryFirst, test } from "@odoo/hoot";
import { makeMockEnv, onRpc } from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");
defineChatsModels();

const INPUT = ".o_mchats_input";
const AVITO = { image_types: ["image/jpeg", "image/png", "image/gif"], image_limit: 1_000_000 };

async function open() {
    const server = mockChatsServer();
    onRpc("/crm_marketplace_chats/upload/1", async (request) => {
        // They may arrive in any order: the number follows from the name.
        const { name } = (await request.formData()).get("file");
        if (name.startsWith("bad")) {
            return { error: "This file is not a picture." };
        }
        const id = 33 + "abc".indexOf(name[0]);
        return { id, name: `${id}.png`, mimetype: "image/png", url: `/web/image/${id}` };
    });
    server.waiting(1, 30, { buyer_name: "Oleg" });
    server.message(1, 1);
    await openChats(1);
    await contains("[data-message='1']");
    return server;
}

/** @returns {Promise<File>} a picture as a browser would open it */
async function drawn(width, height, type, name) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    // Noise: what is of one colour weighs nothing.
    const noise = context.createImageData(width, height);
    for (let index = 0; index < noise.data.length; index++) {
        noise.data[index] = index % 4 === 3 ? 255 : (index * 7919 + (index >> 3) * 104729) % 251;
    }
    context.putImageData(noise, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, type));
    return new File([blob], name, { type });
}

function attach(...files) {
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    const input = queryFirst(".o_mchats_field input[type='file']");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
}

function shown() {
    return queryAll(".o_mchats_upload img").map((img) => img.alt);
}

test("what the marketplace takes goes as it is", async () => {
    const file = await drawn(40, 30, "image/png", "a.png");
    expect(await fitPicture(file, AVITO)).toBe(file);
});

test("another format becomes JPEG", async () => {
    const fitted = await fitPicture(await drawn(40, 30, "image/webp", "a.webp"), AVITO);
    expect([fitted.type, fitted.name]).toEqual(["image/jpeg", "a.jpg"]);
    const bitmap = await createImageBitmap(fitted);
    expect([bitmap.width, bitmap.height]).toEqual([40, 30]);
});

test("too heavy a picture becomes smaller until it fits", async () => {
    await makeMockEnv();
    const file = await drawn(600, 400, "image/png", "big.png");
    const limit = 30_000;
    expect(file.size).toBeGreaterThan(limit);
    const fitted = await fitPicture(file, { ...AVITO, image_limit: limit });
    expect(fitted.size).toBeLessThan(limit + 1);
    expect(fitted.type).toBe("image/jpeg");
    await expect(fitPicture(file, { ...AVITO, image_limit: 10 })).rejects.toThrow(/too large/);
});

test("what this browser cannot open says so", async () => {
    await makeMockEnv();
    const heic = new File(["ftypheic"], "IMG_1.HEIC", { type: "" });
    expect(isPicture(heic)).toBe(true);
    expect(isPicture(new File(["x"], "price.pdf", { type: "application/pdf" }))).toBe(false);
    await expect(fitPicture(heic, AVITO)).rejects.toThrow(/cannot read the picture/);
});

test("several at once: uploaded first, shown, sent by their ids", async () => {
    const server = await open();
    attach(...["a", "b"].map((name) => new File(["x"], `${name}.png`, { type: "image/png" })));
    await contains(".o_mchats_upload", { count: 2 });
    await contains(".o_mchats_upload .fa-spin", { count: 0 });
    await click(".o_mchats_send");
    await contains(".o_mchats_upload", { count: 0 });
    expect(server.called("chats_post")[0].kwargs.attachment_ids).toEqual([33, 34]);
});

test("order and removal by keys", async () => {
    const server = await open();
    attach(...["a", "b", "c"].map((name) => new File(["x"], `${name}.png`, { type: "image/png" })));
    for (const id of [33, 34, 35]) {
        await contains(`.o_mchats_upload img[alt='${id}.png']`);
    }
    queryAll(".o_mchats_upload")[2].focus();
    await press(["Control", "ArrowLeft"]);
    await contains(".o_mchats_upload:nth-child(2) img[alt='35.png']");
    await press(["Control", "ArrowLeft"]);
    await contains(".o_mchats_upload:nth-child(1) img[alt='35.png']");
    expect(shown()).toEqual(["35.png", "33.png", "34.png"]);
    await press("ArrowRight");
    await press("Delete");
    await contains(".o_mchats_upload", { count: 2 });
    await click(".o_mchats_send");
    await contains(".o_mchats_upload", { count: 0 });
    expect(server.called("chats_post")[0].kwargs.attachment_ids).toEqual([35, 34]);
});

test("they are kept with the draft", async () => {
    await open();
    attach(new File(["x"], "a.png", { type: "image/png" }));
    await contains(".o_mchats_upload img[alt='33.png']");
    await openChats(1);
    await contains(".o_mchats_upload img[alt='33.png']", { count: 2 });
});

test("a picture that is refused says why and can be removed", async () => {
    await open();
    attach(new File(["x"], "bad.png", { type: "image/png" }));
    await contains(".o_mchats_uploads .o_mchats_problem", {
        text: "bad.png: This file is not a picture.",
    });
    await insertText(INPUT, "Text");
    expect(".o_mchats_send").not.toBeEnabled();
    await click(".o_mchats_upload_remove");
    await contains(".o_mchats_send:enabled");
});

/** Measures inside the page, where no time is lost on the way to the program that drives the browser. */
window.bench = (() => {
    const $ = (selector) => document.querySelector(selector);
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

    /** Whether a frame is being made: what changes now is painted with it, and not with the next one. */
    let isInFrame = false;
    const requestFrame = window.requestAnimationFrame;
    window.requestAnimationFrame = (callback) =>
        requestFrame((time) => {
            isInFrame = true;
            try {
                callback(time);
            } finally {
                // After those who watch the document have been told of what this callback changed.
                queueMicrotask(() => (isInFrame = false));
            }
        });

    /**
     * Resolves when what stands in the document has been painted: in a task of its own after the frame.
     *
     * @param {boolean} [inFrame] it came to stand there while a frame was made
     */
    async function painted(inFrame) {
        if (!inFrame) {
            await frame();
        }
        await nextTask();
        return performance.now();
    }

    /** Resolves in a task of its own, after what is under way: the handlers of an event, or the painting of a frame. */
    function nextTask() {
        return new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = resolve;
            port2.postMessage(0);
        });
    }

    /** Resolves when the condition holds, looked at after each change of the document; with what `painted` asks for. */
    function until(condition) {
        return new Promise((resolve) => {
            const look = () => condition() && (observer.disconnect(), resolve(isInFrame));
            const observer = new MutationObserver(look);
            observer.observe(document, {
                subtree: true,
                childList: true,
                characterData: true,
                attributes: true,
            });
            look();
        });
    }

    function pause(ms) {
        return new Promise((resolve) => setTimeout(resolve, ms));
    }

    function lastText() {
        return [...document.querySelectorAll(".o_mchats_bubble")].at(-1)?.textContent ?? "";
    }

    function isListShown() {
        return $(".o_mchats_row") && $(".o_mchats_list [role=listbox][aria-busy=false]");
    }

    /** @returns {Promise<number>} ms from the beginning of the page's loading */
    async function listPainted() {
        return painted(await until(isListShown));
    }

    /** @returns {Promise<number>} ms from the call to the painted list */
    async function openScreen() {
        const begin = performance.now();
        odoo.__WOWL_DEBUG__.root.env.services.action.doAction("crm_marketplace_chats.action_chats");
        return (await painted(await until(isListShown))) - begin;
    }

    /**
     * @param {number} [pressMs] the mouse button is down for so long before the click; without it, there is none, as
     *     when the row is opened by the keyboard
     * @returns {Promise<number>} ms from the click on a row to the painted last message of its chat
     */
    async function switchTo({ id, last }, pressMs = 0) {
        const row = $(`.o_mchats_row[data-id="${id}"]`);
        if (pressMs) {
            row.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true }));
            await pause(pressMs);
        }
        const begin = performance.now();
        row.click();
        return (await painted(await until(() => lastText().includes(last)))) - begin;
    }

    /** Between two chats: what follows the first one's messages (the car, the client, the deal) is not the next one's. */
    const BREATH_MS = 250;

    /** @returns {Promise<number[]>} the same for each of these, with a breath after each */
    async function switchAmong(chats, pressMs) {
        const samples = [];
        for (const chat of chats) {
            samples.push(await switchTo(chat, pressMs));
            await pause(BREATH_MS);
        }
        return samples;
    }

    const typed = [];
    let pressedAt = 0;

    /** From now on `typed` gets the ms from each key to the painted letter. */
    function watchTyping() {
        addEventListener("keydown", (ev) => (pressedAt = ev.timeStamp), true);
        const onInput = async () => {
            const begin = pressedAt;
            typed.push((await painted()) - begin);
        };
        addEventListener("input", onInput, true);
    }

    const arrived = {};
    /** Numbers of the texts that have stood in the open chat: of a long flood the oldest leave it again. */
    const shown = new Set();

    /** From now on `arrived` gets the moment (ms since 1970) at which each text with «⟦number⟧» was first painted. */
    function watchArrivals() {
        const observer = new MutationObserver(async (records) => {
            const nodes = records.flatMap((record) =>
                record.type === "characterData" ? [record.target] : [...record.addedNodes]
            );
            const found = nodes.flatMap((node) =>
                [...node.textContent.matchAll(/⟦(\d+)⟧/g)].map(([, number]) => ({
                    number: Number(number),
                    isInChat: Boolean(node.parentElement?.closest(".o_mchats_thread")),
                }))
            );
            if (found.length) {
                await painted();
                for (const { number, isInChat } of found) {
                    arrived[number] ??= Date.now();
                    isInChat && shown.add(number);
                }
            }
        });
        observer.observe($(".o_mchats"), { subtree: true, childList: true, characterData: true });
    }

    /** @returns {number[]} the numbers of the texts that stand in the open chat, or have stood there */
    function numbersShown() {
        for (const bubble of document.querySelectorAll(".o_mchats_bubble")) {
            for (const [, number] of bubble.textContent.matchAll(/⟦(\d+)⟧/g)) {
                shown.add(Number(number));
            }
        }
        return [...shown];
    }

    /** @returns {Promise<number[]>} ms of each frame while the open chat is scrolled to its beginning */
    async function scrollToBeginning(step) {
        const thread = $(".o_mchats_thread");
        const frames = [];
        let last = performance.now();
        // At the other end stands the same, for what is newer.
        while (thread.scrollTop > 0 || $(".o_mchats_messages > .o_mchats_older:first-child")) {
            // What waits for the server stands still: that is no slow frame.
            const isMoving = thread.scrollTop > 0;
            thread.scrollTop -= step;
            await frame();
            const now = performance.now();
            if (isMoving) {
                frames.push(now - last);
            }
            last = now;
        }
        return frames;
    }

    /** @returns {number} records of that model in the page's store */
    function held(model) {
        const { services } = odoo.__WOWL_DEBUG__.root.env;
        return Object.keys(services["mail.store"][model].records).length;
    }

    return {
        typed,
        arrived,
        listPainted,
        openScreen,
        switchTo,
        switchAmong,
        watchTyping,
        watchArrivals,
        numbersShown,
        scrollToBeginning,
        held,
    };
})();

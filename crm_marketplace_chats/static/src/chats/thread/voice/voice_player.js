import { durationLabel } from "@crm_marketplace_chats/chats/common/format";
import { Component, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

const SPEEDS = [1, 1.5, 2];

/** The one that sounds: another one starting makes it stop. */
let sounding;

/** A recording, with the speeds a busy manager wants. */
export class VoicePlayer extends Component {
    static template = "crm_marketplace_chats.VoicePlayer";
    static props = { url: String };

    setup() {
        this.audio = useRef("audio");
        this.state = useState({
            isPlaying: false,
            position: 0,
            duration: 0,
            speed: SPEEDS[0],
            isBroken: false,
        });
        this.durationLabel = durationLabel;
    }

    get buttonLabel() {
        return this.state.isPlaying ? _t("Pause") : _t("Play");
    }

    get shownTime() {
        const { isPlaying, position, duration } = this.state;
        return durationLabel(isPlaying || position ? position : duration);
    }

    async toggle() {
        const audio = this.audio.el;
        if (!audio.paused) {
            audio.pause();
            return;
        }
        sounding?.pause();
        sounding = audio;
        audio.playbackRate = this.state.speed;
        try {
            await audio.play();
        } catch (error) {
            // AbortError: stopped before it began. Anything else means that the browser cannot play this file.
            this.state.isBroken = error.name !== "AbortError";
        }
    }

    changeSpeed() {
        this.state.speed = SPEEDS[(SPEEDS.indexOf(this.state.speed) + 1) % SPEEDS.length];
        this.audio.el.playbackRate = this.state.speed;
    }

    seek(ev) {
        this.audio.el.currentTime = Number(ev.target.value);
    }

    /** Chrome says "infinite" for a recording without a length in its head. */
    onMetadata() {
        const { duration } = this.audio.el;
        this.state.duration = Number.isFinite(duration) ? duration : 0;
    }

    onEnded() {
        this.state.isPlaying = false;
        this.state.position = 0;
        this.audio.el.currentTime = 0;
    }
}

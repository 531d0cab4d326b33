import { _t } from "@web/core/l10n/translation";

/** What a message without text is called in one line. */
export const KIND_LABELS = {
    image: _t("Photo"),
    voice: _t("Voice message"),
    call: _t("Call"),
    missed_call: _t("Missed call"),
    location: _t("Location"),
    listing: _t("Listing"),
    link: _t("Link"),
    system: _t("Service message"),
    deleted: _t("Message deleted"),
    file: _t("File"),
    video: _t("Video"),
    unknown: _t("Message of an unknown kind"),
};

/** How far an outgoing message has come: sign, words, and whether it needs attention. */
export const STATES = {
    queued: { icon: "fa-clock-o", label: _t("Waiting to be sent") },
    sending: { icon: "fa-clock-o", label: _t("Being sent") },
    sent: { icon: "fa-check", label: _t("Sent") },
    read: { icon: "fa-check", label: _t("Read"), isDouble: true },
    failed: { icon: "fa-exclamation-circle", label: _t("Not sent"), isBad: true },
    unknown: { icon: "fa-question-circle", label: _t("Not known whether it arrived"), isBad: true },
};

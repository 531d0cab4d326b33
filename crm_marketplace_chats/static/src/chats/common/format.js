import { toLocaleDateString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";

const { DateTime } = luxon;

/** @returns {number} days between the calendar days of two moments */
function daysBetween(earlier, later) {
    return Math.round(later.startOf("day").diff(earlier.startOf("day"), "days").days);
}

export function clockTime(moment) {
    return moment ? moment.toLocaleString(DateTime.TIME_SIMPLE) : "";
}

/** The shortest thing that tells when: the time today, "yesterday", a weekday this week, else the date. */
export function shortTime(moment, now) {
    if (!moment) {
        return "";
    }
    const days = daysBetween(moment, now);
    if (days <= 0) {
        return clockTime(moment);
    }
    if (days === 1) {
        return _t("yesterday");
    }
    return days < 7 ? moment.toLocaleString({ weekday: "short" }) : toLocaleDateString(moment);
}

/** The shortest thing that tells a moment to come: the time today, else with the day. */
export function untilLabel(moment, now) {
    const days = daysBetween(now, moment);
    const time = clockTime(moment);
    if (days <= 0) {
        return time;
    }
    if (days === 1) {
        return _t("tomorrow %s", time);
    }
    const day = moment.toLocaleString(
        days < 7 ? { weekday: "short" } : { day: "numeric", month: "short" }
    );
    return `${day} ${time}`;
}

/** The heading over the messages of one day. */
export function dayLabel(moment, now) {
    const days = daysBetween(moment, now);
    if (days === 0) {
        return _t("Today");
    }
    if (days === 1) {
        return _t("Yesterday");
    }
    const format = { day: "numeric", month: "long" };
    return moment.toLocaleString(
        moment.year === now.year ? format : { ...format, year: "numeric" }
    );
}

/** @returns {number} whole minutes from `since` to `now` */
function waitedMinutes(since, now) {
    return Math.max(0, Math.floor(now.diff(since, "minutes").minutes));
}

export function waitLabel(since, now) {
    const minutes = waitedMinutes(since, now);
    if (minutes < 1) {
        return _t("< 1 min");
    }
    if (minutes < 60) {
        return _t("%s min", minutes);
    }
    const hours = Math.floor(minutes / 60);
    if (hours >= 24) {
        return _t("%s d", Math.floor(hours / 24));
    }
    return minutes % 60
        ? _t("%(hours)s h %(minutes)s min", { hours, minutes: minutes % 60 })
        : _t("%s h", hours);
}

/**
 * How late an answer is. The moments are the server's, reckoned in working time.
 *
 * @param {{amber_at: luxon.DateTime, goal_at: luxon.DateTime}} conversation
 * @returns {"ok"|"soon"|"late"}
 */
export function waitLevel({ amber_at, goal_at }, now) {
    if (goal_at && now >= goal_at) {
        return "late";
    }
    return amber_at && now >= amber_at ? "soon" : "ok";
}

/** @param {number} seconds */
export function durationLabel(seconds) {
    const whole = Math.max(0, Math.round(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Whole roubles, as every price of this product. */
export function priceLabel(price) {
    return `${formatInteger(price)} ₽`;
}

export function firstName(name) {
    return name.trim().split(/\s+/)[0];
}

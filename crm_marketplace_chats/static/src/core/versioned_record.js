import { Record } from "@mail/core/common/record";

/**
 * A record that takes nothing older than what it holds. An answer may come after a note of the bus that knows more, or
 * from a replica that is behind; the version of the row decides (models/marketplace_versioned.py).
 */
export class VersionedRecord extends Record {
    /** @type {number|undefined} undefined until something with a version came */
    version;

    update(data) {
        // Versions are numbers of 32 bits that begin anew some day: their distance tells which is the later one.
        if (data?.version !== undefined && this.version !== undefined && ((data.version - this.version) | 0) < 0) {
            return;
        }
        super.update(data);
    }

    /** A server that was restored from a copy begins with lower numbers: after each break of the line any will do. */
    static forgetVersions() {
        for (const record of Object.values(this.records)) {
            record.version = undefined;
        }
    }
}

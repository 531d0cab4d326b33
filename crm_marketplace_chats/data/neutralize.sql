-- a copy of the database must not answer buyers, nor take their messages away from the original
UPDATE marketplace_channel
   SET active = false, state = 'draft', webhook_active = false;
DELETE FROM marketplace_channel_secret;
UPDATE marketplace_message
   SET state = 'canceled'
 WHERE state IN ('queued', 'sending', 'unknown');
UPDATE marketplace_conversation
   SET remote_read_pending = false;
UPDATE marketplace_feed
   SET active = false;

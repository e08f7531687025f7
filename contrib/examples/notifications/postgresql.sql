-- For an app whose own tables are in PostgreSQL: a notification is enqueued by the transaction that it tells of.
-- Needs contrib/postgresql/outbox.sql in the same database, and a section in jobd.conf:
--     outbox app { database = "postgresql://jobd@127.0.0.1/app" }
CREATE OR REPLACE FUNCTION enqueue_notification_job(
	recipient         text,
	group_id          text,
	update_id         text,
	notification_type text,
	urgency           text     DEFAULT 'normal',
	method            text     DEFAULT 'email',
	content           jsonb    DEFAULT '{}',
	delay             interval DEFAULT '0'
) RETURNS uuid LANGUAGE sql AS $$
	SELECT jobd.enqueue(
		type     => CASE method WHEN 'email' THEN 'email.' || notification_type ELSE method END,
		args     => jsonb_build_array(content || jsonb_build_object('to', recipient)),
		run_at   => now() + delay,
		priority => CASE urgency WHEN 'urgent' THEN 9 WHEN 'high' THEN 7 WHEN 'low' THEN 2 ELSE 5 END,
		options  => jsonb_build_object('tags', jsonb_path_query_array(
			jsonb_build_array('owner:' || recipient, 'method:' || method, 'type:' || notification_type,
				'recipient:' || recipient, 'group:' || group_id, 'update:' || update_id), '$[*] ? (@ != null)')))
$$;

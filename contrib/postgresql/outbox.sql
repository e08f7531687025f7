-- What an app's database needs for jobs that are pushed inside its own transactions; PostgreSQL 14 or later.
--
--     psql -v ON_ERROR_STOP=1 -f outbox.sql app
--     GRANT USAGE ON SCHEMA jobd TO app;                              -- who pushes
--     GRANT USAGE ON SCHEMA jobd TO jobd;                             -- who jobd-outbox is
--     GRANT SELECT, UPDATE, DELETE ON jobd.outbox TO jobd;
--
--     SELECT jobd.enqueue('send_mail', '["ann@example.org"]');       -- returns the job's id
--
-- It may be run again, on a table that is in use too. jobd-outbox(8) says what becomes of the rows.
BEGIN;

CREATE SCHEMA IF NOT EXISTS jobd;

CREATE TABLE IF NOT EXISTS jobd.outbox (
	id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
	position   bigint      GENERATED ALWAYS AS IDENTITY,
	type       text        NOT NULL CHECK (type <> ''),
	args       jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(args) = 'array'),
	queue      text        CHECK (queue ~ '^[a-zA-Z0-9._-]+$'),
	at         timestamptz,
	priority   integer,
	options    jsonb       CHECK (jsonb_typeof(options) = 'object'),
	created_at timestamptz NOT NULL DEFAULT now(),
	error      text
);
COMMENT ON TABLE jobd.outbox IS 'Jobs on their way to jobd; a row is deleted when jobd has it on disk.';
COMMENT ON COLUMN jobd.outbox.error IS 'Why it can be no job; set to null, it is tried again.';

CREATE INDEX IF NOT EXISTS outbox_waiting ON jobd.outbox (position) WHERE error IS NULL;

-- Also for tables of the app's own: CREATE TRIGGER ... FOR EACH STATEMENT EXECUTE FUNCTION jobd.wake()
CREATE OR REPLACE FUNCTION jobd.wake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('jobd_outbox', '');
	RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER wake_insert AFTER INSERT ON jobd.outbox
	FOR EACH STATEMENT EXECUTE FUNCTION jobd.wake();
CREATE OR REPLACE TRIGGER wake_retry AFTER UPDATE OF error ON jobd.outbox
	FOR EACH ROW WHEN (NEW.error IS NULL) EXECUTE FUNCTION jobd.wake();

-- Runs with the rights of its owner: the app needs none on the table. The same idempotency_key is the same id.
CREATE OR REPLACE FUNCTION jobd.enqueue(
	type            text,
	args            jsonb       DEFAULT '[]',
	queue           text        DEFAULT NULL,
	run_at          timestamptz DEFAULT NULL,
	priority        integer     DEFAULT NULL,
	idempotency_key text        DEFAULT NULL,
	options         jsonb       DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_variable
DECLARE
	job_id uuid := gen_random_uuid();
BEGIN
	IF idempotency_key IS NOT NULL THEN
		job_id := encode(substring(sha256(convert_to(idempotency_key, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid;
	END IF;
	INSERT INTO jobd.outbox (id, type, args, queue, at, priority, options)
		VALUES (job_id, type, args, queue, run_at, priority, options)
		ON CONFLICT ON CONSTRAINT outbox_pkey DO NOTHING;
	RETURN job_id;
END $$;

COMMIT;

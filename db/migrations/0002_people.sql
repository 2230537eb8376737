CREATE TABLE "recovery_code" (
	"person_id" integer NOT NULL,
	"code_hash" text NOT NULL,
	"used_at" timestamp(3) with time zone,
	CONSTRAINT "recovery_code_person_id_code_hash_pk" PRIMARY KEY("person_id","code_hash")
);
--> statement-breakpoint
ALTER TABLE "api_token" ADD COLUMN "grants" jsonb;--> statement-breakpoint
UPDATE "api_token" SET "grants" = (SELECT coalesce(jsonb_agg(jsonb_build_object('role', given) ORDER BY place), '[]') FROM jsonb_array_elements_text("roles") WITH ORDINALITY AS old(given, place));--> statement-breakpoint
ALTER TABLE "api_token" ALTER COLUMN "grants" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "person" ADD COLUMN "grants" jsonb;--> statement-breakpoint
UPDATE "person" SET "grants" = (SELECT coalesce(jsonb_agg(jsonb_build_object('role', given) ORDER BY place), '[]') FROM jsonb_array_elements_text("roles") WITH ORDINALITY AS old(given, place));--> statement-breakpoint
ALTER TABLE "person" ALTER COLUMN "grants" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "person" ADD COLUMN "totp_secret" text;--> statement-breakpoint
ALTER TABLE "person" ADD COLUMN "totp_confirmed_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "person" ADD COLUMN "totp_last_step" integer;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "id" integer NOT NULL GENERATED ALWAYS AS IDENTITY (sequence name "session_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1);--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "opened_by" text;--> statement-breakpoint
UPDATE "session" SET "opened_by" = 'password';--> statement-breakpoint
ALTER TABLE "session" ALTER COLUMN "opened_by" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "address" text;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "last_seen_at" timestamp(3) with time zone;--> statement-breakpoint
UPDATE "session" SET "last_seen_at" = "created_at";--> statement-breakpoint
ALTER TABLE "session" ALTER COLUMN "last_seen_at" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "rotation_due" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "recovery_code" ADD CONSTRAINT "recovery_code_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_token" DROP COLUMN "roles";--> statement-breakpoint
ALTER TABLE "person" DROP COLUMN "roles";--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_id_unique" UNIQUE("id");
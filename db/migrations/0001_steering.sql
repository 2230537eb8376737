CREATE TABLE "approval" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "approval_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"job_id" integer NOT NULL,
	"rule" text NOT NULL,
	"policy" jsonb NOT NULL,
	"start_within_ms" bigint NOT NULL,
	"plan" jsonb NOT NULL,
	"plan_hash" text NOT NULL,
	"requester" text NOT NULL,
	"requester_id" integer,
	"requested_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"ended_by" text,
	"ended_at" timestamp(3) with time zone,
	"superseded" jsonb,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "approval_decision" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "approval_decision_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"approval_id" integer NOT NULL,
	"person_id" integer NOT NULL,
	"by" text NOT NULL,
	"roles" jsonb NOT NULL,
	"verdict" text NOT NULL,
	"reason" text,
	"at" timestamp(3) with time zone NOT NULL,
	"result" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "approval_rule" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "approval_rule_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"rule" jsonb NOT NULL,
	"managed_by" text,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "approval_rule_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "break_glass" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "break_glass_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"job_id" integer NOT NULL,
	"plan_hash" text NOT NULL,
	"by" text NOT NULL,
	"reason" text NOT NULL,
	"opened_at" timestamp(3) with time zone NOT NULL,
	"used_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "hold" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "hold_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"product" text,
	"channel" text,
	"environment" text,
	"host" text,
	"reason" text NOT NULL,
	"owner" text NOT NULL,
	"starts_at" timestamp(3) with time zone,
	"expires_at" timestamp(3) with time zone,
	"strict" boolean DEFAULT false NOT NULL,
	"bar_version" text,
	"bar_sequence" integer,
	"lift_on_newer" boolean DEFAULT false NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"created_by" text NOT NULL,
	"cause_job_id" integer,
	"released_at" timestamp(3) with time zone,
	"released_by" text,
	"release_reason" text,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "host_history" (
	"host_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"release_id" integer NOT NULL,
	"succeeded_at" timestamp(3) with time zone NOT NULL,
	"healthy" boolean NOT NULL,
	CONSTRAINT "host_history_host_id_product_id_release_id_pk" PRIMARY KEY("host_id","product_id","release_id")
);
--> statement-breakpoint
CREATE TABLE "incident" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "incident_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"status" text DEFAULT 'open' NOT NULL,
	"job_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"cause" jsonb NOT NULL,
	"owner" text,
	"opened_at" timestamp(3) with time zone NOT NULL,
	"acknowledged_at" timestamp(3) with time zone,
	"acknowledged_by" text,
	"resolved_at" timestamp(3) with time zone,
	"resolved_by" text,
	"resolution" text,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "approval" ADD CONSTRAINT "approval_job_id_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."job"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval" ADD CONSTRAINT "approval_requester_id_person_id_fk" FOREIGN KEY ("requester_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval_decision" ADD CONSTRAINT "approval_decision_approval_id_approval_id_fk" FOREIGN KEY ("approval_id") REFERENCES "public"."approval"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "approval_decision" ADD CONSTRAINT "approval_decision_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "break_glass" ADD CONSTRAINT "break_glass_job_id_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."job"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hold" ADD CONSTRAINT "hold_cause_job_id_job_id_fk" FOREIGN KEY ("cause_job_id") REFERENCES "public"."job"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_history" ADD CONSTRAINT "host_history_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_history" ADD CONSTRAINT "host_history_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_history" ADD CONSTRAINT "host_history_release_id_release_id_fk" FOREIGN KEY ("release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident" ADD CONSTRAINT "incident_job_id_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."job"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incident" ADD CONSTRAINT "incident_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approval_state_expires_at_index" ON "approval" USING btree ("state","expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "approval_one_per_job" ON "approval" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "approval_decision_approval_id_id_index" ON "approval_decision" USING btree ("approval_id","id");--> statement-breakpoint
CREATE INDEX "hold_in_force" ON "hold" USING btree ("expires_at") WHERE released_at is null;--> statement-breakpoint
CREATE INDEX "incident_opened_at_id_index" ON "incident" USING btree ("opened_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "incident_one_per_job" ON "incident" USING btree ("job_id");
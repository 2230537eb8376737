CREATE TABLE "activity" (
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"seq" bigint GENERATED ALWAYS AS IDENTITY (sequence name "activity_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp(3) with time zone NOT NULL,
	"kind" text NOT NULL,
	"entity_kind" text NOT NULL,
	"entity_id" integer NOT NULL,
	"entity_revision" integer NOT NULL,
	"actor" text NOT NULL,
	"product_id" integer,
	"environment_id" integer,
	"host_id" integer,
	"job_id" integer,
	"view" jsonb NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "activity_xid_seq_pk" PRIMARY KEY("xid","seq")
);
--> statement-breakpoint
CREATE TABLE "client" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "client_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"environment_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"channel_id" integer NOT NULL,
	"token_hash" text,
	"token_issued_at" timestamp(3) with time zone,
	"token_issued_by" text,
	"cache" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"deployed" jsonb,
	"deployed_at" timestamp(3) with time zone,
	"offered" jsonb,
	"offered_tag" text,
	"fetched_tag" text,
	"checked_at" timestamp(3) with time zone,
	"checked_by" text,
	"check_problem" jsonb,
	"check_due_at" timestamp(3) with time zone,
	"seen_at" timestamp(3) with time zone,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "client_tokenHash_unique" UNIQUE("token_hash"),
	CONSTRAINT "client_environmentId_productId_unique" UNIQUE("environment_id","product_id")
);
--> statement-breakpoint
CREATE TABLE "display" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "display_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"token_hash" text,
	"views" jsonb NOT NULL,
	"rotate_ms" integer NOT NULL,
	"paired_at" timestamp(3) with time zone NOT NULL,
	"paired_by" text NOT NULL,
	"last_seen_at" timestamp(3) with time zone,
	"revoked_at" timestamp(3) with time zone,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "display_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "display_pairing" (
	"secret_hash" text PRIMARY KEY NOT NULL,
	"code" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"display_id" integer,
	CONSTRAINT "display_pairing_code_unique" UNIQUE("code")
);
--> statement-breakpoint
CREATE TABLE "heartbeat" (
	"part" text PRIMARY KEY NOT NULL,
	"beat_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "environment" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "environment_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"installer_method" text NOT NULL,
	"installer_version" text,
	"update_policy" text DEFAULT 'manual' NOT NULL,
	"approve_via" text DEFAULT 'slack' NOT NULL,
	"slack_channel" text,
	"slack_escalation" text,
	"check_every_ms" integer,
	"windows" jsonb DEFAULT '{"timeZone":"UTC","windows":[]}'::jsonb NOT NULL,
	"recall_waits_for_window" boolean DEFAULT false NOT NULL,
	"managed_by" text,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "environment_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "host" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "host_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"environment_id" integer NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"connection" jsonb NOT NULL,
	"root" text NOT NULL,
	"health_check" jsonb,
	"life" text DEFAULT 'active' NOT NULL,
	"liveness" text DEFAULT 'unknown' NOT NULL,
	"liveness_since" timestamp(3) with time zone,
	"liveness_problem" jsonb,
	"last_contact_at" timestamp(3) with time zone,
	"next_probe_at" timestamp(3) with time zone,
	"fence" bigint DEFAULT 0 NOT NULL,
	"managed_by" text,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "host_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "host_product" (
	"host_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"desired_release_id" integer,
	"attempted_release_id" integer,
	"reported_release_id" integer,
	"reported_version" text,
	"reported_digest" text,
	"reported_at" timestamp(3) with time zone,
	CONSTRAINT "host_product_host_id_product_id_pk" PRIMARY KEY("host_id","product_id")
);
--> statement-breakpoint
CREATE TABLE "subscription" (
	"environment_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"channel_id" integer NOT NULL,
	CONSTRAINT "subscription_environment_id_product_id_pk" PRIMARY KEY("environment_id","product_id")
);
--> statement-breakpoint
CREATE TABLE "health_interval" (
	"host_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"in_force_from" timestamp(3) with time zone NOT NULL,
	"in_force_to" timestamp(3) with time zone NOT NULL,
	"live" boolean NOT NULL,
	"state" text,
	CONSTRAINT "health_interval_product_id_host_id_in_force_from_pk" PRIMARY KEY("product_id","host_id","in_force_from")
);
--> statement-breakpoint
CREATE TABLE "health_now" (
	"host_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"in_force_from" timestamp(3) with time zone NOT NULL,
	"in_force_to" timestamp(3) with time zone NOT NULL,
	"live" boolean NOT NULL,
	"state" text,
	"at" timestamp(3) with time zone NOT NULL,
	"edition" integer DEFAULT 1 NOT NULL,
	"stale" boolean DEFAULT false NOT NULL,
	CONSTRAINT "health_now_product_id_host_id_pk" PRIMARY KEY("product_id","host_id")
);
--> statement-breakpoint
CREATE TABLE "health_observation" (
	"host_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"received_at" timestamp(3) with time zone NOT NULL,
	"live" boolean NOT NULL,
	"state" text,
	CONSTRAINT "health_observation_host_id_product_id_at_pk" PRIMARY KEY("host_id","product_id","at")
);
--> statement-breakpoint
CREATE TABLE "health_outage" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "health_outage_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"started_at" timestamp(3) with time zone NOT NULL,
	"ended_at" timestamp(3) with time zone,
	"cause" jsonb
);
--> statement-breakpoint
CREATE TABLE "job" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "job_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"product_id" integer NOT NULL,
	"release_id" integer NOT NULL,
	"status" text NOT NULL,
	"plan" jsonb NOT NULL,
	"requested_by" text NOT NULL,
	"requested_by_id" integer,
	"reason" text,
	"window_override" text,
	"problem" jsonb,
	"parent_job_id" integer,
	"after_job_id" integer,
	"left_out" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"continued_waves" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"started_at" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	"wake_at" timestamp(3) with time zone,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "task" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "task_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"job_id" integer NOT NULL,
	"host_id" integer NOT NULL,
	"position" integer NOT NULL,
	"wave" integer NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"step" text,
	"steps" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"problem" jsonb,
	"blocked_by_job_id" integer,
	"dispatched_at" timestamp(3) with time zone,
	"fence" bigint,
	"worker_id" text,
	"lease_until" timestamp(3) with time zone,
	"cancel_requested" boolean DEFAULT false NOT NULL,
	"from_version" text,
	"restored" boolean DEFAULT false NOT NULL,
	"report_offset" bigint DEFAULT 0 NOT NULL,
	"log_offset" bigint DEFAULT 0 NOT NULL,
	"log_bytes" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "task_jobId_hostId_unique" UNIQUE("job_id","host_id")
);
--> statement-breakpoint
CREATE TABLE "task_log" (
	"task_id" integer NOT NULL,
	"at_byte" bigint NOT NULL,
	"content" "bytea" NOT NULL,
	"plain_bytes" integer,
	"at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "task_log_task_id_at_byte_pk" PRIMARY KEY("task_id","at_byte")
);
--> statement-breakpoint
CREATE TABLE "api_token" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "api_token_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"token_hash" text NOT NULL,
	"grants" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone,
	"revoked_at" timestamp(3) with time zone,
	"last_used_at" timestamp(3) with time zone,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "api_token_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "idempotency_key" (
	"key" text PRIMARY KEY NOT NULL,
	"request_hash" text NOT NULL,
	"status" integer,
	"response" jsonb,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "person" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "person_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"email" text NOT NULL,
	"password_hash" text,
	"grants" jsonb NOT NULL,
	"totp_secret" text,
	"totp_confirmed_at" timestamp(3) with time zone,
	"totp_last_step" integer,
	"disabled_at" timestamp(3) with time zone,
	"created_at" timestamp(3) with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "person_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "recovery_code" (
	"person_id" integer NOT NULL,
	"code_hash" text NOT NULL,
	"used_at" timestamp(3) with time zone,
	CONSTRAINT "recovery_code_person_id_code_hash_pk" PRIMARY KEY("person_id","code_hash")
);
--> statement-breakpoint
CREATE TABLE "session" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"id" integer GENERATED ALWAYS AS IDENTITY (sequence name "session_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"person_id" integer NOT NULL,
	"opened_by" text NOT NULL,
	"address" text,
	"created_at" timestamp(3) with time zone NOT NULL,
	"last_seen_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"revoked_at" timestamp(3) with time zone,
	"rotation_due" boolean DEFAULT false NOT NULL,
	CONSTRAINT "session_id_unique" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "sign_in_attempt" (
	"subject" text PRIMARY KEY NOT NULL,
	"attempts" integer NOT NULL,
	"window_ends_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_link" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"purpose" text NOT NULL,
	"person_id" integer,
	"created_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"used_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "automatic_choice" (
	"host_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"target" text,
	"reasons" jsonb NOT NULL,
	"since" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "automatic_choice_product_id_host_id_pk" PRIMARY KEY("product_id","host_id")
);
--> statement-breakpoint
CREATE TABLE "entity_stay" (
	"environment_id" integer NOT NULL,
	"release_id" integer NOT NULL,
	"arrived_at" timestamp(3) with time zone NOT NULL,
	"left_at" timestamp(3) with time zone,
	CONSTRAINT "entity_stay_release_id_environment_id_pk" PRIMARY KEY("release_id","environment_id")
);
--> statement-breakpoint
CREATE TABLE "evaluation" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "evaluation_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"product_id" integer NOT NULL,
	"release_id" integer NOT NULL,
	"source" text NOT NULL,
	"target" text NOT NULL,
	"stage" jsonb NOT NULL,
	"status" text NOT NULL,
	"reasons" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"eligible_at" timestamp(3) with time zone,
	"since" timestamp(3) with time zone NOT NULL,
	"judged_at" timestamp(3) with time zone NOT NULL,
	"ended_at" timestamp(3) with time zone,
	"decided_by" text,
	"decision_reason" text,
	"measured" jsonb,
	"soaks" jsonb,
	"history" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "evaluation_releaseId_source_target_unique" UNIQUE("release_id","source","target")
);
--> statement-breakpoint
CREATE TABLE "install_attempt" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "install_attempt_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"host_id" integer NOT NULL,
	"product_id" integer NOT NULL,
	"release_id" integer NOT NULL,
	"job_id" integer NOT NULL,
	"by" text NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "install_attempt_hostId_jobId_unique" UNIQUE("host_id","job_id")
);
--> statement-breakpoint
CREATE TABLE "pipeline" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "pipeline_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"product_id" integer NOT NULL,
	"stages" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"healthy_ppm" integer DEFAULT 950000 NOT NULL,
	"unhealthy_ppm" integer DEFAULT 50000 NOT NULL,
	"time_zone" text DEFAULT 'UTC' NOT NULL,
	"exclude_weekends" boolean DEFAULT true NOT NULL,
	"expects_health" boolean DEFAULT false NOT NULL,
	"terminal_is_unhealthy" boolean DEFAULT false NOT NULL,
	"stale_after_ms" bigint DEFAULT 300000 NOT NULL,
	"windows" jsonb DEFAULT '{"timeZone":"UTC","windows":[]}'::jsonb NOT NULL,
	"recall_policy" jsonb DEFAULT '{"type":"forward"}'::jsonb NOT NULL,
	"paused_at" timestamp(3) with time zone,
	"paused_by" text,
	"pause_reason" text,
	"managed_by" text,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "pipeline_productId_unique" UNIQUE("product_id")
);
--> statement-breakpoint
CREATE TABLE "recall" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "recall_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"product_id" integer NOT NULL,
	"range" jsonb NOT NULL,
	"except" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"strategy" jsonb NOT NULL,
	"reason" text NOT NULL,
	"opened_at" timestamp(3) with time zone NOT NULL,
	"opened_by" text NOT NULL,
	"opened_by_id" integer,
	"evaluation_id" integer,
	"roll_off_all" boolean DEFAULT false NOT NULL,
	"own_environments" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"reverted_at" timestamp(3) with time zone,
	"reverted_by" text,
	"revert_reason" text,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "recall_evaluationId_openedAt_unique" UNIQUE("evaluation_id","opened_at")
);
--> statement-breakpoint
CREATE TABLE "recall_job" (
	"job_id" integer PRIMARY KEY NOT NULL,
	"recall_id" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "channel" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "channel_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"product_id" integer NOT NULL,
	"name" text NOT NULL,
	"last_sequence" integer DEFAULT 0 NOT NULL,
	"managed_by" text,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "channel_productId_name_unique" UNIQUE("product_id","name")
);
--> statement-breakpoint
CREATE TABLE "channel_entry" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "channel_entry_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"channel_id" integer NOT NULL,
	"release_id" integer NOT NULL,
	"sequence" integer NOT NULL,
	"promoted_at" timestamp(3) with time zone NOT NULL,
	"promoted_by" text NOT NULL,
	"active_since" timestamp(3) with time zone NOT NULL,
	"demoted_at" timestamp(3) with time zone,
	"demoted_by" text,
	"demote_reason" text,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "channel_entry_channelId_releaseId_unique" UNIQUE("channel_id","release_id"),
	CONSTRAINT "channel_entry_channelId_sequence_unique" UNIQUE("channel_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "product" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "product_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"versioning" text NOT NULL,
	"artifact" text DEFAULT 'package' NOT NULL,
	"feed" jsonb,
	"signing_keys" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"signature_required" boolean DEFAULT false NOT NULL,
	"entry_channels" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"slack_channel" text,
	"slack_escalation" text,
	"managed_by" text,
	"feed_checked_at" timestamp(3) with time zone,
	"feed_due_at" timestamp(3) with time zone,
	"feed_problem" jsonb,
	"pipeline_due_at" timestamp(3) with time zone,
	"health_seen_at" timestamp(3) with time zone,
	"health_check" jsonb,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "product_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "release" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "release_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"product_id" integer NOT NULL,
	"version" text NOT NULL,
	"digest" text NOT NULL,
	"size" bigint NOT NULL,
	"artifact_url" text NOT NULL,
	"signature_url" text,
	"notes" text DEFAULT '' NOT NULL,
	"labels" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"required" boolean DEFAULT false NOT NULL,
	"archived_at" timestamp(3) with time zone,
	"published_at" timestamp(3) with time zone NOT NULL,
	"published_by" text NOT NULL,
	"package" text DEFAULT 'absent' NOT NULL,
	"received" bigint DEFAULT 0 NOT NULL,
	"downloaded_at" timestamp(3) with time zone,
	"hooks" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"download_problem" jsonb,
	"conflict" jsonb,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "release_productId_version_unique" UNIQUE("product_id","version")
);
--> statement-breakpoint
CREATE TABLE "log_reader" (
	"name" text PRIMARY KEY NOT NULL,
	"cursor" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "slack_account" (
	"team" text NOT NULL,
	"user" text NOT NULL,
	"person_id" integer NOT NULL,
	"user_name" text NOT NULL,
	"linked_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "slack_account_team_user_pk" PRIMARY KEY("team","user")
);
--> statement-breakpoint
CREATE TABLE "slack_draft" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" integer NOT NULL,
	"input" jsonb NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"used_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "slack_link_code" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"team" text NOT NULL,
	"user" text NOT NULL,
	"user_name" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone NOT NULL,
	"used_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "slack_message" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "slack_message_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"purpose" text NOT NULL,
	"entity_id" integer NOT NULL,
	"part" text DEFAULT '' NOT NULL,
	"channel" text,
	"ts" text,
	"parent_id" integer,
	"permalink" text,
	"sent_hash" text,
	"sent_at" timestamp(3) with time zone,
	"due_at" timestamp(3) with time zone,
	"priority" integer DEFAULT 3 NOT NULL,
	"not_before" timestamp(3) with time zone,
	"attempted_at" timestamp(3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"problem" jsonb,
	"final" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "slack_seen" (
	"key" text PRIMARY KEY NOT NULL,
	"seen_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "slack_status" (
	"one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"transport" text NOT NULL,
	"team" text,
	"bot_user" text,
	"connected_at" timestamp(3) with time zone,
	"last_ok_at" timestamp(3) with time zone,
	"problem" jsonb,
	"problem_since" timestamp(3) with time zone,
	"waiting" integer DEFAULT 0 NOT NULL,
	"waiting_since" timestamp(3) with time zone,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "approval" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "approval_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"job_id" integer NOT NULL,
	"rule" text NOT NULL,
	"policy" jsonb NOT NULL,
	"start_within_ms" bigint NOT NULL,
	"window_from" timestamp(3) with time zone,
	"window_end" timestamp(3) with time zone,
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
	"escalated_at" timestamp(3) with time zone,
	"escalated_by" text,
	"slack_url" text,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "client" ADD CONSTRAINT "client_environment_id_environment_id_fk" FOREIGN KEY ("environment_id") REFERENCES "public"."environment"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "client" ADD CONSTRAINT "client_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "client" ADD CONSTRAINT "client_channel_id_channel_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channel"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "display_pairing" ADD CONSTRAINT "display_pairing_display_id_display_id_fk" FOREIGN KEY ("display_id") REFERENCES "public"."display"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host" ADD CONSTRAINT "host_environment_id_environment_id_fk" FOREIGN KEY ("environment_id") REFERENCES "public"."environment"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_product" ADD CONSTRAINT "host_product_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_product" ADD CONSTRAINT "host_product_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_product" ADD CONSTRAINT "host_product_desired_release_id_release_id_fk" FOREIGN KEY ("desired_release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_product" ADD CONSTRAINT "host_product_attempted_release_id_release_id_fk" FOREIGN KEY ("attempted_release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "host_product" ADD CONSTRAINT "host_product_reported_release_id_release_id_fk" FOREIGN KEY ("reported_release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscription" ADD CONSTRAINT "subscription_environment_id_environment_id_fk" FOREIGN KEY ("environment_id") REFERENCES "public"."environment"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscription" ADD CONSTRAINT "subscription_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "subscription" ADD CONSTRAINT "subscription_channel_id_channel_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channel"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "health_interval" ADD CONSTRAINT "health_interval_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "health_interval" ADD CONSTRAINT "health_interval_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "health_now" ADD CONSTRAINT "health_now_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "health_now" ADD CONSTRAINT "health_now_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "health_observation" ADD CONSTRAINT "health_observation_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "health_observation" ADD CONSTRAINT "health_observation_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job" ADD CONSTRAINT "job_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job" ADD CONSTRAINT "job_release_id_release_id_fk" FOREIGN KEY ("release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "job" ADD CONSTRAINT "job_requested_by_id_person_id_fk" FOREIGN KEY ("requested_by_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task" ADD CONSTRAINT "task_job_id_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."job"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task" ADD CONSTRAINT "task_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_log" ADD CONSTRAINT "task_log_task_id_task_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."task"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recovery_code" ADD CONSTRAINT "recovery_code_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session" ADD CONSTRAINT "session_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_link" ADD CONSTRAINT "sign_in_link_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "automatic_choice" ADD CONSTRAINT "automatic_choice_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "automatic_choice" ADD CONSTRAINT "automatic_choice_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entity_stay" ADD CONSTRAINT "entity_stay_environment_id_environment_id_fk" FOREIGN KEY ("environment_id") REFERENCES "public"."environment"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "entity_stay" ADD CONSTRAINT "entity_stay_release_id_release_id_fk" FOREIGN KEY ("release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation" ADD CONSTRAINT "evaluation_release_id_release_id_fk" FOREIGN KEY ("release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "install_attempt" ADD CONSTRAINT "install_attempt_host_id_host_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."host"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "install_attempt" ADD CONSTRAINT "install_attempt_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "install_attempt" ADD CONSTRAINT "install_attempt_release_id_release_id_fk" FOREIGN KEY ("release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "install_attempt" ADD CONSTRAINT "install_attempt_job_id_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."job"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pipeline" ADD CONSTRAINT "pipeline_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recall" ADD CONSTRAINT "recall_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recall" ADD CONSTRAINT "recall_opened_by_id_person_id_fk" FOREIGN KEY ("opened_by_id") REFERENCES "public"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recall" ADD CONSTRAINT "recall_evaluation_id_evaluation_id_fk" FOREIGN KEY ("evaluation_id") REFERENCES "public"."evaluation"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recall_job" ADD CONSTRAINT "recall_job_job_id_job_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."job"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "recall_job" ADD CONSTRAINT "recall_job_recall_id_recall_id_fk" FOREIGN KEY ("recall_id") REFERENCES "public"."recall"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel" ADD CONSTRAINT "channel_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel_entry" ADD CONSTRAINT "channel_entry_channel_id_channel_id_fk" FOREIGN KEY ("channel_id") REFERENCES "public"."channel"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel_entry" ADD CONSTRAINT "channel_entry_release_id_release_id_fk" FOREIGN KEY ("release_id") REFERENCES "public"."release"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "release" ADD CONSTRAINT "release_product_id_product_id_fk" FOREIGN KEY ("product_id") REFERENCES "public"."product"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "slack_account" ADD CONSTRAINT "slack_account_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "slack_draft" ADD CONSTRAINT "slack_draft_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."person"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
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
CREATE UNIQUE INDEX "activity_entity_revision" ON "activity" USING btree ("entity_kind","entity_id","entity_revision");--> statement-breakpoint
CREATE INDEX "activity_job" ON "activity" USING btree ("job_id","xid","seq");--> statement-breakpoint
CREATE INDEX "activity_host" ON "activity" USING btree ("host_id","xid","seq");--> statement-breakpoint
CREATE INDEX "client_channel_id_index" ON "client" USING btree ("channel_id");--> statement-breakpoint
CREATE INDEX "client_due" ON "client" USING btree ("check_due_at");--> statement-breakpoint
CREATE INDEX "display_pairing_expires_at_index" ON "display_pairing" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "host_environment" ON "host" USING btree ("environment_id","name");--> statement-breakpoint
CREATE INDEX "host_due" ON "host" USING btree (coalesce(next_probe_at, '-infinity'::timestamptz)) WHERE life = 'active';--> statement-breakpoint
CREATE INDEX "host_product_reported_release_id_index" ON "host_product" USING btree ("reported_release_id");--> statement-breakpoint
CREATE INDEX "health_now_unsaid" ON "health_now" USING btree ("in_force_to") WHERE not stale;--> statement-breakpoint
CREATE INDEX "health_observation_received_at_index" ON "health_observation" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "job_created_at_id_index" ON "job" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "job_status_id_index" ON "job" USING btree ("status","id");--> statement-breakpoint
CREATE INDEX "job_release_id_index" ON "job" USING btree ("release_id");--> statement-breakpoint
CREATE INDEX "job_after_job_id_index" ON "job" USING btree ("after_job_id");--> statement-breakpoint
CREATE INDEX "task_job_id_position_index" ON "task" USING btree ("job_id","position");--> statement-breakpoint
CREATE INDEX "task_job_counts" ON "task" USING btree ("job_id","wave","status");--> statement-breakpoint
CREATE INDEX "task_host_id_id_index" ON "task" USING btree ("host_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "task_one_running_per_host" ON "task" USING btree ("host_id") WHERE status = 'running';--> statement-breakpoint
CREATE INDEX "task_running_lease" ON "task" USING btree ("lease_until") WHERE status = 'running';--> statement-breakpoint
CREATE INDEX "idempotency_key_created_at_index" ON "idempotency_key" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "session_person_id_index" ON "session" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "sign_in_attempt_window_ends_at_index" ON "sign_in_attempt" USING btree ("window_ends_at");--> statement-breakpoint
CREATE INDEX "automatic_choice_host_id_index" ON "automatic_choice" USING btree ("host_id");--> statement-breakpoint
CREATE INDEX "evaluation_product_id_source_target_id_index" ON "evaluation" USING btree ("product_id","source","target","id");--> statement-breakpoint
CREATE INDEX "install_attempt_product_id_release_id_host_id_index" ON "install_attempt" USING btree ("product_id","release_id","host_id");--> statement-breakpoint
CREATE INDEX "recall_product_id_id_index" ON "recall" USING btree ("product_id","id");--> statement-breakpoint
CREATE INDEX "recall_job_recall_id_job_id_index" ON "recall_job" USING btree ("recall_id","job_id");--> statement-breakpoint
CREATE INDEX "channel_entry_release_id_index" ON "channel_entry" USING btree ("release_id");--> statement-breakpoint
CREATE INDEX "release_published_at_id_index" ON "release" USING btree ("published_at","id");--> statement-breakpoint
CREATE INDEX "release_product_id_published_at_id_index" ON "release" USING btree ("product_id","published_at","id");--> statement-breakpoint
CREATE INDEX "slack_account_person_id_index" ON "slack_account" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "slack_draft_expires_at_index" ON "slack_draft" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "slack_message_one" ON "slack_message" USING btree ("purpose","entity_id","part");--> statement-breakpoint
CREATE INDEX "slack_message_due" ON "slack_message" USING btree ("priority","due_at") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "slack_message_channel_ts_index" ON "slack_message" USING btree ("channel","ts");--> statement-breakpoint
CREATE INDEX "slack_seen_seen_at_index" ON "slack_seen" USING btree ("seen_at");--> statement-breakpoint
CREATE INDEX "approval_state_expires_at_index" ON "approval" USING btree ("state","expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "approval_one_per_job" ON "approval" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "approval_decision_approval_id_id_index" ON "approval_decision" USING btree ("approval_id","id");--> statement-breakpoint
CREATE INDEX "hold_in_force" ON "hold" USING btree ("expires_at") WHERE released_at is null;--> statement-breakpoint
CREATE INDEX "incident_opened_at_id_index" ON "incident" USING btree ("opened_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "incident_one_per_job" ON "incident" USING btree ("job_id");
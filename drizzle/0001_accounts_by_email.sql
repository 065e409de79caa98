CREATE TABLE `codes` (
	`hash` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`user_id` text,
	`session_id` text,
	`email` text NOT NULL,
	`email_canonical` text NOT NULL,
	`code_mac` text,
	`throttle_key` text,
	`tries` integer DEFAULT 0 NOT NULL,
	`tried_by` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	`used_by` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `codes_user` ON `codes` (`user_id`,`purpose`);--> statement-breakpoint
CREATE INDEX `codes_email` ON `codes` (`email_canonical`,`purpose`);--> statement-breakpoint
CREATE INDEX `codes_expires` ON `codes` (`expires_at`);--> statement-breakpoint
CREATE TABLE `erased_sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`erased_at` integer NOT NULL,
	`hinted_at` integer
);
--> statement-breakpoint
CREATE INDEX `erased_sessions_erased` ON `erased_sessions` (`erased_at`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text,
	`kind` text NOT NULL,
	`request_id` text NOT NULL,
	`recipient` text NOT NULL,
	`language` text NOT NULL,
	`sealed` text,
	`details` text,
	`limited` integer NOT NULL,
	`attempts` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`next_at` integer,
	`expires_at` integer NOT NULL,
	`done_at` integer,
	`failure` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `outbox_user` ON `outbox` (`user_id`);--> statement-breakpoint
CREATE INDEX `outbox_next` ON `outbox` (`next_at`) WHERE next_at is not null;--> statement-breakpoint
CREATE INDEX `outbox_done` ON `outbox` (`done_at`) WHERE done_at is not null;--> statement-breakpoint
CREATE INDEX `outbox_recipient` ON `outbox` (lower(recipient),`created_at`) WHERE limited = 1;--> statement-breakpoint
ALTER TABLE `users` ADD `locale` text;--> statement-breakpoint
ALTER TABLE `users` ADD `erase_at` integer;--> statement-breakpoint
CREATE INDEX `users_erase` ON `users` (`erase_at`) WHERE erase_at is not null;
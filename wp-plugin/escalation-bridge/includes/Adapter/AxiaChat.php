<?php
/** AxiaChat AI: tells of a turn when it is over, so it is observed and cannot be muted. */

declare(strict_types=1);

namespace EscalationBridge\Adapter;

use EscalationBridge\Adapters;

defined( 'ABSPATH' ) || exit;

final class AxiaChat {

	const NAME = 'AxiaChat AI';

	public static function boot(): void {
		add_action( 'aichat_after_response', array( self::class, 'observe' ) );
	}

	public static function is_active(): bool {
		return function_exists( 'aichat_replace_link_placeholder' );
	}

	/** It shows where its shortcode stands. */
	public static function has_window(): bool {
		return false;
	}

	public static function description(): string {
		return __( 'Observed only: messages and replies are judged and the team gets its ticket, but AxiaChat lets nobody stop its bot, and the visitor does not read the promise in its window.', 'escalation-bridge' );
	}

	/** @param array<string,mixed> $turn session_id, question, answer. */
	public static function observe( $turn ): void {
		$session = 'axiachat:' . (string) ( $turn['session_id'] ?? '' );
		if ( null === Adapters::before_bot( $session, (string) ( $turn['question'] ?? '' ) ) ) {
			Adapters::after_bot( $session, wp_strip_all_tags( (string) ( $turn['answer'] ?? '' ) ) );
		}
	}
}

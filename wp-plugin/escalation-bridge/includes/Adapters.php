<?php
/** Chat plugins that are watched without a line of the owner's code, and what their adapters share. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Adapters {

	const ALL           = array( 'ai-engine' => Adapter\AiEngine::class, 'mxchat' => Adapter\MxChat::class, 'axiachat' => Adapter\AxiaChat::class );
	const LAST_PRIORITY = PHP_INT_MAX; // A priority: nobody speaks after us.

	/** @var array<string,string> Conversation => the visitor's turn that the bot is answering in this request. */
	private static $asked = array();

	/** @var array<string,string> Conversation => what the visitor reads instead of the bot. */
	private static $muted = array();

	public static function boot(): void {
		foreach ( Settings::is_paired() ? array_diff_key( self::ALL, array_flip( (array) Settings::all()['unwatched'] ) ) : array() as $adapter ) {
			$adapter::boot();
		}
	}

	/** @return array<string,string> Of the known plugins those that run on this site: slug => class. */
	public static function active(): array {
		return array_filter( self::ALL, static fn( string $adapter ): bool => $adapter::is_active() );
	}

	/** @return array<string,string> Of these, those that show a window of their own on every page. */
	public static function with_window(): array {
		return array_filter( self::active(), static fn( string $adapter ): bool => $adapter::has_window() );
	}

	/** The visitor's message, before any model is asked; what to say instead of asking, or null. */
	public static function before_bot( string $session, string $text ): ?string {
		$text    = trim( $text );
		$verdict = escbridge_turn( $session, 'visitor', '' === $text ? __( 'A file without words', 'escalation-bridge' ) : $text );
		if ( 'answer' === $verdict['action'] ) {
			self::$asked[ $session ] = (string) $verdict['turn_id'];
			return null;
		}
		self::$muted[ $session ] = self::visitor_text( $session, self::take_typed_address( $session, $text, $verdict ) );
		return self::$muted[ $session ];
	}

	/** A foreign window has no form: an address that is typed there where one is asked for is taken as if it stood in ours. */
	private static function take_typed_address( string $session, string $text, array $verdict ): array {
		preg_match( '/[^\s<>(),;:"]+@[^\s<>(),;:"]+/', $text, $found );
		$email = rtrim( $found[0] ?? '', '.!?' );
		if ( ! is_email( $email ) || ! ( $verdict['down'] || ! empty( $verdict['escalation']['needs_contact'] ) ) ) {
			return $verdict;
		}
		$taken = Plugin::bridge()->contact( escbridge_session_id( $session ), array( 'email' => $email ), get_current_user_id() );
		return $taken['kept'] ? array( 'say' => Bridge::queued_text() ) + $taken : $taken;
	}

	/** What the visitor may read where the bot has said this. */
	public static function after_bot( string $session, string $text ): string {
		if ( isset( self::$muted[ $session ] ) ) {
			return self::$muted[ $session ];
		}
		if ( ! isset( self::$asked[ $session ] ) ) {
			return $text;
		}
		$verdict = escbridge_turn( $session, 'bot', $text, array( 'turn_id' => self::$asked[ $session ] ) );
		unset( self::$asked[ $session ] );
		if ( 'answer' === $verdict['action'] ) {
			return $text;
		}
		self::$muted[ $session ] = self::visitor_text( $session, $verdict );
		return self::$muted[ $session ];
	}

	public static function muted_text( string $session ): ?string {
		return self::$muted[ $session ] ?? null;
	}

	public static function is_bot_asked( string $session ): bool {
		return isset( self::$asked[ $session ] );
	}

	/** The waiting message, below what people have answered since: a foreign window asks for nothing by itself. */
	private static function visitor_text( string $session, array $verdict ): string {
		$lines   = self::agent_replies( escbridge_session_id( $session ), $verdict );
		$lines[] = (string) ( $verdict['say'] ?? Bridge::contact_text() );
		return implode( "\n\n", $lines );
	}

	/** @return string[] */
	private static function agent_replies( string $session, array $verdict ): array {
		$key  = 'escbridge_n_' . md5( $session );
		$seen = (int) get_transient( $key );
		if ( $verdict['down'] || (int) $verdict['last_event'] <= $seen ) {
			return array();
		}
		$lines = array();
		foreach ( (array) Plugin::bridge()->events( $session, $seen )['events'] as $event ) {
			$seen = (int) $event['n'];
			if ( 'agent' === $event['kind'] ) {
				$lines[] = trim( (string) ( $event['author'] ?? '' ) . ': ' . $event['text'], ': ' );
			}
		}
		set_transient( $key, $seen, WEEK_IN_SECONDS );
		return $lines;
	}
}

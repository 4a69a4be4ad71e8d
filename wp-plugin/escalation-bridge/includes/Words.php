<?php
/**
 * Which of our translations is read: the nearest one where WordPress asks for a locale that we do not have, and the
 * customer's own language where that is not the page's.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Words {

	const LOCALES = array( // By language; they speak to people formally, as the sidecar does.
		'de' => 'de_DE',
		'es' => 'es_ES',
		'fr' => 'fr_FR',
		'it' => 'it_IT',
		'nl' => 'nl_NL',
		'pl' => 'pl_PL',
		'pt' => 'pt_PT',
	);

	/** @var string The language of this customer, when it is known; else the page's. */
	private static $language = '';

	/** @var array<string,string> What is said to this customer, by its English. */
	private static $messages = array();

	/** For the filter load_textdomain_mofile: a site in Swiss German reads our German, unless it has a translation of its own. */
	public static function nearest( string $file, string $domain ): string {
		$known = is_readable( $file ) || is_readable( substr_replace( $file, '.l10n.php', -strlen( '.mo' ) ) );
		if ( 'escalation-bridge' !== $domain || $known ) {
			return $file;
		}
		$ours = ESCBRIDGE_DIR . 'languages/' . basename( $file );
		if ( is_readable( $ours ) || ! preg_match( '/-([a-z]{2})(?:_\w+)?\.mo$/D', $file, $part ) ) {
			return $ours;
		}
		return isset( self::LOCALES[ $part[1] ] ) ? self::file( $part[1], '.mo' ) : $ours;
	}

	/** @param string $language Two letters. */
	public static function speak( string $language ): void {
		self::$language = $language;
		if ( self::is_of_the_page() ) {
			return;
		}
		self::$messages = isset( self::LOCALES[ $language ] ) ? ( require self::file( $language, '.l10n.php' ) )['messages'] : array();
		add_filter( 'gettext_escalation-bridge', array( self::class, 'translate' ), 10, 2 );
	}

	public static function is_of_the_page(): bool {
		return '' === self::$language || substr( determine_locale(), 0, 2 ) === self::$language;
	}

	public static function translate( string $translation, string $text ): string {
		return self::$messages[ $text ] ?? $text;
	}

	private static function file( string $language, string $kind ): string {
		return ESCBRIDGE_DIR . 'languages/escalation-bridge-' . self::LOCALES[ $language ] . $kind;
	}
}

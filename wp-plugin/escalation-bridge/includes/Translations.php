<?php
/**
 * Which of our translations is read: the nearest one where WordPress asks for a locale that we do not have, and the
 * customer's own language where that is not the page's.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Translations {

	const LANGUAGES = array( 'de', 'es', 'fr', 'it', 'nl', 'pl', 'pt' ); // They speak to people formally, as the sidecar does.

	/** @var string The language of this customer, when it is known; else the page's. */
	private static $language = '';

	/** For the filter load_textdomain_mofile: a site in Swiss German reads our German, unless it has a translation of its own. */
	public static function nearest_file( $file, $domain ) {
		if ( 'escalation-bridge' !== $domain || ! is_string( $file ) || is_readable( $file ) || is_readable( substr_replace( $file, '.l10n.php', -3 ) ) ) {
			return $file;
		}
		$ours = ESCBRIDGE_DIR . 'languages/' . basename( $file );
		if ( is_readable( $ours ) || ! preg_match( '/-([a-z]{2})(?:_\w+)?\.mo$/D', $file, $part ) ) {
			return $ours;
		}
		return in_array( $part[1], self::LANGUAGES, true ) ? self::file( $part[1] ) : $ours;
	}

	/** @param string $language Two letters. */
	public static function switch_to( string $language ): void {
		self::$language = $language;
		if ( self::is_page_language() ) {
			return;
		}
		unload_textdomain( 'escalation-bridge' ); // What has no translation is said in English.
		if ( in_array( $language, self::LANGUAGES, true ) ) {
			load_textdomain( 'escalation-bridge', self::file( $language ) );
		}
	}

	public static function is_page_language(): bool {
		return '' === self::$language || substr( determine_locale(), 0, 2 ) === self::$language;
	}

	/** That of the country which the language has its name from. */
	private static function file( string $language ): string {
		return ESCBRIDGE_DIR . 'languages/escalation-bridge-' . $language . '_' . strtoupper( $language ) . '.mo';
	}
}

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

	/** For the filter load_textdomain_mofile: a site in Swiss German reads our German, unless it has a translation of its own. */
	public static function nearest( $file, $domain ) {
		if ( 'escalation-bridge' !== $domain || ! is_string( $file ) || is_readable( $file ) || is_readable( substr_replace( $file, '.l10n.php', -3 ) ) ) {
			return $file;
		}
		$ours = ESCBRIDGE_DIR . 'languages/' . basename( $file );
		if ( is_readable( $ours ) || ! preg_match( '/-([a-z]{2})(?:_\w+)?\.mo$/D', $file, $part ) ) {
			return $ours;
		}
		return isset( self::LOCALES[ $part[1] ] ) ? self::file( $part[1] ) : $ours;
	}

	/** @param string $language Two letters. */
	public static function speak( string $language ): void {
		self::$language = $language;
		if ( self::is_of_the_page() ) {
			return;
		}
		unload_textdomain( 'escalation-bridge' ); // What has no translation is said in English.
		if ( isset( self::LOCALES[ $language ] ) ) {
			load_textdomain( 'escalation-bridge', self::file( $language ) );
		}
	}

	public static function is_of_the_page(): bool {
		return '' === self::$language || substr( determine_locale(), 0, 2 ) === self::$language;
	}

	private static function file( string $language ): string {
		return ESCBRIDGE_DIR . 'languages/escalation-bridge-' . self::LOCALES[ $language ] . '.mo';
	}
}

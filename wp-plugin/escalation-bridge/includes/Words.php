<?php
/**
 * What customers read, in the eight languages that the sidecar speaks. A translation installed in WordPress goes first.
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Words {

	/** @var string The language of this customer, when it is known; else the page's. */
	private static $language = '';

	/** @var array<string,array<string,string>> By language. */
	private static $tables = array();

	/** @param string $language Two letters. */
	public static function speak( string $language ): void {
		self::$language = $language;
	}

	public static function is_of_the_page(): bool {
		return '' === self::$language || self::page_language() === self::$language;
	}

	/** For the filter gettext_{domain}. */
	public static function translate( string $translation, string $text ): string {
		if ( $translation !== $text && self::is_of_the_page() ) {
			return $translation;
		}
		$language = self::is_of_the_page() ? self::page_language() : self::$language;
		return self::table( $language )[ $text ] ?? $text;
	}

	private static function page_language(): string {
		return substr( determine_locale(), 0, 2 );
	}

	/** @return array<string,string> */
	private static function table( string $language ): array {
		if ( ! isset( self::$tables[ $language ] ) ) {
			$file                      = ESCBRIDGE_DIR . 'languages/' . $language . '.php';
			self::$tables[ $language ] = preg_match( '/^[a-z]{2}$/D', $language ) && is_file( $file ) ? require $file : array();
		}
		return self::$tables[ $language ];
	}
}

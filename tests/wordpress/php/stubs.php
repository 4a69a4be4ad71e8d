<?php
/**
 * The few WordPress functions that the plugin's pure parts touch, so that they run without a site.
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

define( 'ABSPATH', __DIR__ . '/' );
define( 'ESCBRIDGE_FILE', dirname( __DIR__, 3 ) . '/wp-plugin/escalation-bridge/escalation-bridge.php' );
define( 'DAY_IN_SECONDS', 86400 );
define( 'HOUR_IN_SECONDS', 3600 );
define( 'WEEK_IN_SECONDS', 604800 );

function wp_parse_url( string $url, int $component = -1 ) {
	return parse_url( $url, $component );
}

require dirname( ESCBRIDGE_FILE ) . '/includes/autoload.php';

/** Ends the script with 1 and says what was not as specified. */
function check( bool $holds, string $what ): void {
	static $failures = 0;
	if ( ! $holds ) {
		fwrite( STDERR, "not so: $what\n" );
		++$failures;
	}
	$GLOBALS['escbridge_failures'] = $failures;
}

register_shutdown_function(
	static function (): void {
		if ( ! empty( $GLOBALS['escbridge_failures'] ) ) {
			exit( 1 );
		}
	}
);

<?php
/**
 * Plugin Name: Test site
 * Description: For test sites only: mail goes to a file or to a local SMTP server, WordPress.org is answered here.
 */

$escbridge_test_smtp = getenv( 'ESCBRIDGE_TEST_SMTP' );

if ( $escbridge_test_smtp ) {
	add_action(
		'phpmailer_init',
		function ( $mailer ) use ( $escbridge_test_smtp ) {
			list( $mailer->Host, $mailer->Port ) = explode( ':', $escbridge_test_smtp );
			$mailer->SMTPAutoTLS = false;
			$mailer->isSMTP();
		}
	);
} else {
	add_filter(
		'pre_wp_mail',
		function ( $sent, $mail ) {
			if ( null !== $sent ) {
				return $sent;
			}
			$line = wp_json_encode( $mail ) . "\n";
			return false !== file_put_contents( WP_CONTENT_DIR . '/mail.jsonl', $line, FILE_APPEND | LOCK_EX );
		},
		10,
		2
	);
}

// WordPress' default sender would be wordpress@127.0.0.1, which no mailer takes.
add_filter(
	'wp_mail_from',
	function ( $from ) {
		return preg_match( '/@(127\.0\.0\.1|localhost)$/', $from ) ? 'shop@example.test' : $from;
	}
);

// "Nothing new", so that admin pages are quick and debug.log holds true faults only.
add_filter(
	'pre_http_request',
	function ( $answer, $request, $url ) {
		if ( ! preg_match( '/(^|\.)wordpress\.org$/', (string) wp_parse_url( $url, PHP_URL_HOST ) ) ) {
			return $answer;
		}
		$lists = array_fill_keys( array( 'offers', 'plugins', 'themes', 'no_update', 'translations' ), array() );
		$texts = array_fill_keys( array( 'name', 'version', 'current_version', 'update_url' ), '' );
		$flags = array(
			'upgrade'             => false,
			'insecure'            => false,
			'is_supported'        => true,
			'is_secure'           => true,
			'is_acceptable'       => true,
			'recommended_version' => PHP_VERSION,
			'minimum_version'     => PHP_VERSION,
		);
		return array(
			'headers'  => array(),
			'cookies'  => array(),
			'filename' => null,
			'response' => array(
				'code'    => 200,
				'message' => 'OK',
			),
			'body'     => wp_json_encode( $lists + $texts + $flags ),
		);
	},
	10,
	3
);

// The two other things that an admin page would ask the outside for: avatars and the news box.
add_filter( 'pre_option_show_avatars', '__return_zero' );
add_action(
	'wp_dashboard_setup',
	function () {
		remove_meta_box( 'dashboard_primary', 'dashboard', 'side' );
	},
	99
);

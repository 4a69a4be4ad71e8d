<?php
/**
 * What goes out unescaped and comes in uncleaned, in the files that are named: each line of the output is one place.
 *
 * WordPress's own rule: what was looked at stands in a comment `phpcs:ignore ... -- reason` at the end of its line.
 *
 * @package EscalationBridge
 */

declare(strict_types=1);

const ESCAPES   = array( 'esc_html', 'esc_attr', 'esc_url', 'esc_textarea', 'esc_html__', 'esc_attr__', 'esc_html_x', 'wp_kses', 'wp_kses_post', 'wp_json_encode', 'checked', 'selected', 'disabled', 'absint', 'is_rtl', 'count' );
const CLEANS    = array( 'wp_unslash', 'absint', 'text_fields', 'request_field', 'isset' );
const FORBIDDEN = array( 'unserialize', 'maybe_unserialize', 'extract', 'create_function', 'assert', 'parse_str', 'phpinfo' );
const OUTSIDE   = array( '$_GET', '$_POST', '$_REQUEST', '$_COOKIE', '$_SERVER', '$_FILES' );
const SPACE     = array( T_WHITESPACE, T_COMMENT, T_DOC_COMMENT );

foreach ( array_slice( $argv, 1 ) as $file ) {
	$code   = (string) file_get_contents( $file );
	$lines  = explode( "\n", $code );
	$tokens = array();
	$line   = 1;
	foreach ( token_get_all( $code ) as $one ) {
		list( $kind, $text ) = is_array( $one ) ? $one : array( 0, $one );
		if ( ! in_array( $kind, SPACE, true ) ) {
			$tokens[] = array( $kind, $text, $line );
		}
		$line += substr_count( $text, "\n" );
	}
	foreach ( $tokens as $n => $token ) {
		$why = forbidden( $tokens, $n ) ?? uncleaned( $tokens, $n ) ?? unescaped( $tokens, $n );
		if ( null !== $why && ! preg_match( '/phpcs:ignore .*-- \S/', $lines[ $token[2] - 1 ] ) ) {
			echo basename( $file ), ':', $token[2], ': ', $why, "\n";
		}
	}
}

/** What unpacks foreign data into objects or variables, or runs it; and SQL with a value in it. */
function forbidden( array $tokens, int $n ): ?string {
	list( $kind, $text ) = $tokens[ $n ];
	$called              = '(' === ( $tokens[ $n + 1 ][1] ?? '' ) && ! in_array( $tokens[ $n - 1 ][0] ?? 0, array( T_OBJECT_OPERATOR, T_DOUBLE_COLON, T_FUNCTION ), true );
	if ( T_STRING === $kind && $called && in_array( strtolower( $text ), FORBIDDEN, true ) ) {
		return "$text()";
	}
	if ( in_array( $kind, array( T_INCLUDE, T_INCLUDE_ONCE ), true ) ) {
		return 'include';
	}
	$query = T_STRING === $kind && preg_match( '/^(query|get_(var|row|col|results))$/', $text ) && '$wpdb' === ( $tokens[ $n - 2 ][1] ?? '' );
	return $query && T_CONSTANT_ENCAPSED_STRING !== ( $tokens[ $n + 2 ][0] ?? 0 ) && 'prepare' !== ( $tokens[ $n + 4 ][1] ?? '' ) ? 'SQL that is not prepared' : null;
}

/** What a visitor sent, taken as it came. */
function uncleaned( array $tokens, int $n ): ?string {
	if ( ! in_array( $tokens[ $n ][1], OUTSIDE, true ) ) {
		return null;
	}
	$written  = ']' === ( $tokens[ $n + 3 ][1] ?? '' ) && '=' === ( $tokens[ $n + 4 ][1] ?? '' );
	$compared = '(' === $tokens[ $n - 1 ][1] && in_array( $tokens[ $n - 2 ][0], array( T_IS_IDENTICAL, T_IS_NOT_IDENTICAL ), true );
	$cleaned  = '(' === $tokens[ $n - 1 ][1] && in_array( $tokens[ $n - 2 ][1], array_merge( CLEANS, array( 'is_string' ) ), true );
	return $written || $compared || $cleaned ? null : $tokens[ $n ][1] . ' as it came';
}

/** What is written out, part by part: literals, and what an escaping function has made. */
function unescaped( array $tokens, int $n ): ?string {
	$prints = T_STRING === $tokens[ $n ][0] && in_array( $tokens[ $n ][1], array( 'printf', 'vprintf' ), true );
	if ( ! $prints && ! in_array( $tokens[ $n ][0], array( T_ECHO, T_PRINT, T_OPEN_TAG_WITH_ECHO ), true ) ) {
		return null;
	}
	for ( $at = $n + ( $prints ? 2 : 1 ); isset( $tokens[ $at ] ) && ! in_array( $tokens[ $at ][1], array( ';', '?>' ), true ); $at++ ) {
		list( $kind, $text ) = $tokens[ $at ];
		$call                = '(' === ( $tokens[ $at + 1 ][1] ?? '' );
		if ( T_STRING === $kind && $call && in_array( $text, ESCAPES, true ) ) {
			$at = end_of_call( $tokens, $at + 1 );
		} elseif ( T_VARIABLE === $kind && in_array( $tokens[ $at + 1 ][1], array( '?', '===', '!==' ), true ) ) {
			continue; // A condition, of which nothing is shown.
		} elseif ( T_VARIABLE === $kind && in_array( $tokens[ $at - 1 ][0], array( T_IS_IDENTICAL, T_IS_NOT_IDENTICAL ), true ) ) {
			continue;
		} elseif ( T_VARIABLE === $kind || T_ENCAPSED_AND_WHITESPACE === $kind || ( T_STRING === $kind && $call ) ) {
			return "$text unescaped";
		}
	}
	return null;
}

function end_of_call( array $tokens, int $at ): int {
	for ( $depth = 0; isset( $tokens[ $at ] ); $at++ ) {
		$depth += array( '(' => 1, ')' => -1 )[ $tokens[ $at ][1] ] ?? 0;
		if ( 0 === $depth ) {
			return $at;
		}
	}
	return $at;
}

<?php
/**
 * The page behind the signed link in a mail: a customer's call, to be confirmed, moved or cancelled. Works without JavaScript.
 *
 * Looking at it changes nothing, for mail scanners follow links; what is wanted of the call comes as a form.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class CallPage {

	const QUERY = 'escbridge_call';
	const DONE  = array( // What was just done, and the state in which that is still true.
		'book'       => 'booked',
		'reschedule' => 'booked',
		'confirm'    => 'booked',
		'cancel'     => 'cancelled',
	);

	public static function serve(): void {
		if ( ! isset( $_GET[ self::QUERY ] ) ) { // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- the token is the proof.
			return;
		}
		$raw   = wp_unslash( $_GET[ self::QUERY ] ); // phpcs:ignore -- as above; only what looks like a token is taken.
		$token = is_string( $raw ) && preg_match( '/^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,1023}$/D', $raw ) ? $raw : '';
		self::send_private_headers();
		$wait = Limits::hit( 'calls', Limits::visitor_address() );
		if ( $wait > 0 ) {
			header( 'Retry-After: ' . $wait );
			self::render( 429, __( 'Please wait a moment', 'escalation-bridge' ), self::paragraph( self::text( 'too-many' ) ) );
		}
		if ( '' !== $token && 'POST' === ( $_SERVER['REQUEST_METHOD'] ?? '' ) ) {
			self::handle_form( $token );
		}
		$said = self::request_field( $_GET, 'said' ); // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- chooses a sentence.
		self::show( $token, isset( self::DONE[ $said ] ) ? $said : '' );
	}

	/** What a page shows that belongs to one person: for no cache, no search engine, no frame and no other site's log. */
	private static function send_private_headers(): void {
		if ( ! defined( 'DONOTCACHEPAGE' ) ) {
			define( 'DONOTCACHEPAGE', true ); // The word that page caches listen to.
		}
		nocache_headers();
		header( 'Cache-Control: no-store' );
		header( 'Referrer-Policy: no-referrer' );
		header( 'X-Robots-Tag: noindex' );
		send_frame_options_header();
		add_filter( 'wp_robots', 'wp_robots_no_robots' );
	}

	/** Does what the form asks, then leads to the page anew, so that a reload does nothing twice. */
	private static function handle_form( string $token ): void {
		if ( ! wp_verify_nonce( self::request_field( $_POST, '_wpnonce' ), self::QUERY ) ) {
			self::show( $token, 'stale', 403 );
		}
		$action = self::request_field( $_POST, 'do' );
		$slot   = self::request_field( $_POST, 'slot' );
		$body   = array( 'action' => $action, 'sequence' => (int) self::request_field( $_POST, 'sequence' ) );
		if ( in_array( $action, array( 'book', 'reschedule' ), true ) ) {
			$body['slot'] = $slot;
			$phone        = Rest::phone( self::request_field( $_POST, 'phone' ) );
			$body        += '' === $phone ? array() : array( 'phone' => $phone );
			if ( '' === $slot ) {
				self::show( $token, 'no-slot', 422 );
			}
		}
		$answer = Plugin::bridge()->call( $token, $body );
		if ( ! $answer['ok'] ) {
			self::refuse( $token, $answer );
		}
		wp_safe_redirect( self::url( $token, array( 'said' => $action ) ), 303 );
		exit;
	}

	/** Shows why nothing was changed, and how the call stands. */
	private static function refuse( string $token, array $answer ): void {
		if ( in_array( $answer['error'], array( 'slot-taken', 'call-changed' ), true ) ) {
			self::show( $token, $answer['error'], 409 );
		}
		if ( 422 === $answer['status'] ) {
			self::show( $token, 'phone', 422 );
		}
		self::show( $token, 'failed', 503 );
	}

	/** @param string $said The code of a sentence about what was just done. */
	private static function show( string $token, string $said, int $status = 200 ): void {
		$answer = '' !== $token ? Plugin::bridge()->call( $token ) : array( 'status' => 404 );
		if ( 404 === $answer['status'] ) {
			self::render( 404, __( 'This link is not valid', 'escalation-bridge' ), self::paragraph( self::text( 'link-invalid' ) ) . self::contact_html() );
		}
		if ( ! $answer['ok'] ) {
			self::render( 503, __( 'Your call', 'escalation-bridge' ), self::paragraph( self::text( 'down' ) ) . self::contact_html() );
		}
		$call = $answer['data'];
		Translations::switch_to( (string) $call['language'] );
		$done = isset( self::DONE[ $said ] );
		$said = $done && self::DONE[ $said ] !== $call['state'] ? '' : $said;
		$html = '' === self::text( $said ) ? '' : self::paragraph( self::text( $said ), $done ? 'status' : 'alert' );
		self::render( $status, self::heading( (string) $call['state'] ), $html . self::call_html( $token, $call ), (string) $call['language'] );
	}

	private static function call_html( string $token, array $call ): string {
		$text   = '<p class="escbridge-call-text">' . nl2br( esc_html( (string) $call['text'] ) ) . '</p>';
		$booked = 'booked' === $call['state'];
		if ( empty( $call['can_change'] ) ) {
			return $text . self::contact_html();
		}
		if ( ! $booked ) {
			return $text . self::slot_form( $token, $call, 'book', __( 'Book this call', 'escalation-bridge' ) );
		}
		if ( 'cancel' === self::request_field( $_GET, 'step' ) ) { // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- chooses what is shown.
			return $text . self::cancel_html( $token, $call );
		}
		$sure  = empty( $call['confirmed'] )
			? self::form( $token, $call, 'confirm', '', __( 'Confirm this call', 'escalation-bridge' ) )
			: '<p class="escbridge-call-sure">' . esc_html__( 'Thank you, you have confirmed this call.', 'escalation-bridge' ) . '</p>';
		$other = '<h2>' . esc_html__( 'Another time?', 'escalation-bridge' ) . '</h2>' . self::slot_form( $token, $call, 'reschedule', __( 'Move the call', 'escalation-bridge' ) );
		$leave = self::url( $token, array( 'step' => 'cancel' ) );
		return $text . $sure . $other . '<p class="escbridge-call-leave"><a href="' . esc_url( $leave ) . '">' . esc_html__( 'Cancel the call', 'escalation-bridge' ) . '</a></p>';
	}

	private static function cancel_html( string $token, array $call ): string {
		$keep = '<p class="escbridge-call-leave"><a href="' . esc_url( self::url( $token ) ) . '">' . esc_html__( 'Keep the call', 'escalation-bridge' ) . '</a></p>';
		return '<h2>' . esc_html__( 'Cancel this call?', 'escalation-bridge' ) . '</h2>'
			. self::paragraph( __( 'We will not call you then, and answer you in writing instead.', 'escalation-bridge' ) )
			. self::form( $token, $call, 'cancel', '', __( 'Yes, cancel the call', 'escalation-bridge' ) ) . $keep;
	}

	/** The form with the free times, by day. */
	private static function slot_form( string $token, array $call, string $action, string $label ): string {
		if ( empty( $call['slots'] ) ) {
			return self::paragraph( self::text( 'no-slots' ) );
		}
		$fields = '<p><label for="escbridge-slot">' . esc_html__( 'Time of the call', 'escalation-bridge' ) . '</label><select id="escbridge-slot" name="slot" required>'
			. '<option value="">' . esc_html__( 'Choose a time', 'escalation-bridge' ) . '</option>' . self::slot_options( $call ) . '</select></p>'
			. '<p><label for="escbridge-phone">' . esc_html__( 'Phone number', 'escalation-bridge' ) . '</label>'
			. '<input type="tel" id="escbridge-phone" name="phone" maxlength="64" autocomplete="tel" aria-describedby="escbridge-phone-hint" value="' . esc_attr( self::request_field( $_POST, 'phone' ) ) . '">'
			. '<small id="escbridge-phone-hint">' . esc_html__( 'Leave this empty if we should call the number that you gave us.', 'escalation-bridge' ) . '</small></p>';
		return self::form( $token, $call, $action, $fields, $label );
	}

	/** The free times, in the customer's words; under their days where WordPress can name these in the same language. */
	private static function slot_options( array $call ): string {
		try {
			$zone = new \DateTimeZone( (string) $call['timezone'] );
		} catch ( \Exception $unknown ) {
			$zone = null; // Younger than this server's list: then no days.
		}
		$html = '';
		$last = '';
		foreach ( $call['slots'] as $slot ) {
			$day = $zone && Translations::is_page_language() ? (string) wp_date( 'l, ' . get_option( 'date_format' ), (int) strtotime( $slot['starts_at'] ), $zone ) : '';
			if ( $day !== $last ) {
				$html .= ( '' === $last ? '' : '</optgroup>' ) . '<optgroup label="' . esc_attr( $day ) . '">';
				$last  = $day;
			}
			$html .= '<option value="' . esc_attr( (string) $slot['id'] ) . '">' . esc_html( (string) $slot['text'] ) . '</option>';
		}
		return $html . ( '' === $last ? '' : '</optgroup>' );
	}

	private static function form( string $token, array $call, string $action, string $fields, string $label ): string {
		$sequence = (string) (int) ( $call['sequence'] ?? 0 );
		$hidden   = array( '_wpnonce' => wp_create_nonce( self::QUERY ), 'do' => $action, 'sequence' => $sequence );
		foreach ( $hidden as $name => $value ) {
			$fields .= '<input type="hidden" name="' . esc_attr( $name ) . '" value="' . esc_attr( $value ) . '">';
		}
		return '<form method="post" action="' . esc_url( self::url( $token ) ) . '">' . $fields . '<button type="submit" class="wp-element-button">' . esc_html( $label ) . '</button></form>';
	}

	private static function heading( string $state ): string {
		$titles = array(
			'offered'   => __( 'Choose a time for a call', 'escalation-bridge' ),
			'booked'    => __( 'Your call', 'escalation-bridge' ),
			'cancelled' => __( 'The call is cancelled', 'escalation-bridge' ),
			'missed'    => __( 'The call did not take place', 'escalation-bridge' ),
		);
		return $titles[ $state ] ?? __( 'This call is over', 'escalation-bridge' );
	}

	/** A sentence for a customer, by its code; empty for a code that has none. */
	public static function text( string $code ): string {
		$words = array(
			'book'         => __( 'Your call is booked.', 'escalation-bridge' ),
			'reschedule'   => __( 'Your call has been moved.', 'escalation-bridge' ),
			'cancel'       => __( 'Your call has been cancelled.', 'escalation-bridge' ),
			'slot-taken'   => __( 'That time has just been taken. Please choose another one.', 'escalation-bridge' ),
			'call-changed' => __( 'This call was changed in the meantime. This is how it stands now.', 'escalation-bridge' ),
			'phone'        => __( 'Please enter the phone number that we should call, with its country code: digits, spaces, dots, slashes, hyphens and brackets, no extension.', 'escalation-bridge' ),
			'no-slot'      => __( 'Please choose a time.', 'escalation-bridge' ),
			'no-slots'     => __( 'There is no free time for a call at the moment.', 'escalation-bridge' ),
			'stale'        => __( 'This page was open for too long, so nothing was changed. Please try once more.', 'escalation-bridge' ),
			'address'      => __( 'This address was not accepted. Please check it.', 'escalation-bridge' ),
			'message'      => __( 'This message was not accepted. Please change it and send it again.', 'escalation-bridge' ),
			'failed'       => __( 'That did not work. Please try again in a few minutes.', 'escalation-bridge' ),
			'link-invalid' => __( 'It has expired, or was not copied as a whole. The newest mail about your request has a link that works.', 'escalation-bridge' ),
			'down'         => __( 'We cannot show your call right now. What was agreed stands. Please try again in a few minutes.', 'escalation-bridge' ),
			'too-many'     => __( 'That was a lot at once. Please try again in a few minutes.', 'escalation-bridge' ),
		);
		return $words[ $code ] ?? '';
	}

	/** Only an address that the owner set for this is shown. */
	private static function contact_html(): string {
		$email = (string) Settings::all()['contact_email'];
		$html  = is_email( $email ) ? '<p><a href="' . esc_url( 'mailto:' . $email ) . '">' . esc_html( $email ) . '</a></p>' : '';
		return $html . '<p><a href="' . esc_url( home_url( '/' ) ) . '">' . esc_html__( 'To the website', 'escalation-bridge' ) . '</a></p>';
	}

	private static function paragraph( string $text, string $role = '' ): string {
		return '<p' . ( '' === $role ? '' : ' class="escbridge-call-' . esc_attr( $role ) . '" role="' . esc_attr( $role ) . '"' ) . '>' . esc_html( $text ) . '</p>';
	}

	/** Prints the page between the theme's header and footer, and ends. $html is ours, escaped where it was made. */
	private static function render( int $status, string $title, string $html, string $language = '' ): void {
		status_header( $status );
		add_filter( 'pre_get_document_title', static fn(): string => $title . ' – ' . get_bloginfo( 'name', 'display' ) );
		wp_enqueue_style( 'escbridge-call', plugins_url( 'assets/call.css', ESCBRIDGE_FILE ), array(), ESCBRIDGE_VERSION );
		$main = '<main class="escbridge-call"' . ( '' === $language ? '' : ' lang="' . esc_attr( $language ) . '"' ) . '><h1>' . esc_html( $title ) . '</h1>' . $html . '</main>';
		if ( wp_is_block_theme() ) {
			self::block_theme( $main );
		} else {
			get_header();
			echo $main; // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it was made.
			get_footer();
		}
		exit;
	}

	/** A block theme has no header.php. Its parts come first, so that the head knows their styles. */
	private static function block_theme( string $main ): void {
		ob_start();
		block_header_area();
		$header = (string) ob_get_clean();
		ob_start();
		block_footer_area();
		$footer = (string) ob_get_clean();
		echo '<!DOCTYPE html><html ';
		language_attributes();
		echo '><head><meta charset="' . esc_attr( get_bloginfo( 'charset' ) ) . '"><meta name="viewport" content="width=device-width, initial-scale=1">';
		remove_action( 'wp_head', '_wp_render_title_tag', 1 ); // As core does for a template of such a theme, which need not declare title-tag.
		echo '<title>' . esc_html( wp_get_document_title() ) . '</title>';
		wp_head();
		echo '</head><body ';
		body_class();
		echo '>';
		wp_body_open();
		echo '<div class="wp-site-blocks"><header class="wp-block-template-part">' . $header . '</header>' . $main . '<footer class="wp-block-template-part">' . $footer . '</footer></div>'; // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- the theme's own, and ours.
		wp_footer();
		echo '</body></html>';
	}

	private static function url( string $token, array $more = array() ): string {
		return add_query_arg( array_map( 'rawurlencode', array( self::QUERY => $token ) + $more ), home_url( '/' ) );
	}

	private static function request_field( array $from, string $name ): string {
		return isset( $from[ $name ] ) && is_string( $from[ $name ] ) ? sanitize_text_field( wp_unslash( $from[ $name ] ) ) : '';
	}
}

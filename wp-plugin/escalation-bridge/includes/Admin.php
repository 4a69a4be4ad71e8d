<?php
/** Escalations in wp-admin: the list, one with its packet and conversation, and what a person does with it. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Admin {

	const PAGE     = 'escbridge-escalations';
	const PER_PAGE = 25;

	public static function menu(): void {
		$name = __( 'Escalations', 'escalation-bridge' );
		$hook = add_menu_page( $name, $name, 'escbridge_manage', self::PAGE, array( self::class, 'page' ), 'dashicons-sos', 26 );
		add_action( 'admin_print_styles-' . $hook, array( self::class, 'style' ) );
	}

	public static function style(): void {
		wp_enqueue_style( 'escbridge-admin', plugins_url( 'assets/admin.css', ESCBRIDGE_FILE ), array(), ESCBRIDGE_VERSION );
	}

	/** What was done is told once: a reload of the page does not say it again. */
	public static function told_once( $names ): array {
		return array_merge( (array) $names, array( 'escbridge_result', 'late' ) );
	}

	/** @return array{id:string,name:string} */
	public static function agent(): array {
		$user = wp_get_current_user();
		return array( 'id' => 'wp-' . $user->ID, 'name' => Context::name( $user ) );
	}

	/** What a form of wp-admin was filled in with, each field as a line of text. Ends the request of whoever may not send it. */
	public static function posted( string $nonce, bool $may ): array {
		check_admin_referer( $nonce );
		if ( ! $may ) {
			wp_die( esc_html__( 'You may not do this.', 'escalation-bridge' ), '', array( 'response' => 403 ) );
		}
		return self::lines( $_POST );
	}

	/** What is sent with a request, each as a line of text. */
	public static function lines( array $sent ): array {
		return array_map( 'sanitize_text_field', array_filter( wp_unslash( $sent ), 'is_string' ) );
	}

	/** Claim, reply, resolve, release, label or called: asks the sidecar, then goes back to the page with the result's code. */
	public static function act(): void {
		$given = self::lines( $_POST ) + array( 'escalation' => '', 'op' => '' ); // phpcs:ignore WordPress.Security.NonceVerification.Missing -- the nonce is one of this escalation.
		$id    = $given['escalation'];
		$op    = $given['op'];
		$more  = array(
			'claim'   => array(),
			'reply'   => array( 'text' => self::typed( 'text' ), 'reply_id' => self::typed( 'reply_id' ) ),
			'resolve' => array_filter( array( 'note' => self::typed( 'note' ) ), 'strlen' ),
			'release' => array(),
			'label'   => array( 'verdict' => self::typed( 'verdict' ) ),
			'called'  => array(),
		);
		self::posted( 'escbridge_act_' . $id, current_user_can( 'escbridge_manage' ) && isset( $more[ $op ] ) );
		$body = array( 'agent' => self::agent() ) + $more[ $op ];
		if ( 'reply' === $op && '' === $body['text'] ) {
			$code = 'empty-reply';
		} else {
			$answer = ( new Client( Settings::pairing() ) )->admin( 'POST', '/v1/escalations/' . rawurlencode( $id ) . '/' . $op, $body );
			$code   = $answer['ok'] ? 'done-' . $op : (string) $answer['error'];
		}
		if ( 'done-reply' === $code ) {
			delete_transient( self::draft_of( $id ) );
		} elseif ( 'reply' === $op ) {
			set_transient( self::draft_of( $id ), $body['text'], HOUR_IN_SECONDS ); // What was typed is not lost.
		}
		wp_safe_redirect( self::url( array( 'escalation' => $id, 'escbridge_result' => $code ) ) );
		exit;
	}

	/** What somebody typed, as it is: cleaning would change signs and links that others are to read. It is escaped where it is shown. */
	public static function typed( string $name ): string {
		$text = isset( $_POST[ $name ] ) && is_string( $_POST[ $name ] ) ? wp_unslash( $_POST[ $name ] ) : ''; // phpcs:ignore WordPress.Security -- as said; the nonce was checked.
		return trim( str_replace( "\r\n", "\n", Bridge::clean( $text ) ) );
	}

	public static function page(): void {
		if ( ! current_user_can( 'escbridge_manage' ) ) {
			return;
		}
		$asked = self::lines( $_GET ) + array( 'escalation' => '', 'state' => '', 'before' => '', 'escbridge_result' => '' ); // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- these only choose what is shown.
		echo '<div class="wrap escbridge"><div class="escbridge-head"><h1 class="wp-heading-inline">' . esc_html__( 'Escalations', 'escalation-bridge' ) . '</h1>';
		if ( Settings::is_paired() ) {
			Presence::show();
		}
		echo '</div><hr class="wp-header-end">';
		self::result_notice( preg_match( '/^[a-z0-9_-]{1,40}$/D', $asked['escbridge_result'] ) ? $asked['escbridge_result'] : '' ); // Else it is none of ours.
		if ( null === Settings::pairing() ) {
			self::notice( 'warning', __( 'Not connected yet: set the pairing code under Settings > Escalation Bridge.', 'escalation-bridge' ) );
		} elseif ( '' !== $asked['escalation'] ) {
			self::detail( $asked['escalation'] );
		} else {
			self::listing( in_array( $asked['state'], array( 'resolved', 'released', 'all' ), true ) ? $asked['state'] : 'active', $asked['before'] );
		}
		echo '</div>';
	}

	private static function listing( string $state, string $before ): void {
		$client = new Client( Settings::pairing() );
		$query  = 'state=' . $state . '&limit=' . self::PER_PAGE . ( 'active' === $state ? '&order=due' : '' ) . ( '' === $before ? '' : '&before=' . rawurlencode( $before ) );
		$page   = $client->admin( 'GET', '/v1/escalations?' . $query );
		if ( ! $page['ok'] ) {
			self::unread( $page );
			self::waiting();
			return; // Whoever does not answer is not asked for more: each call may take five seconds.
		}
		if ( false === ( $client->health( 'admin' )['data']['scheduler_alive'] ?? null ) ) {
			self::notice( 'error', ConnectionTest::no_scheduler() );
		}
		self::waiting();
		Hours::show();
		self::tabs( $state );
		$rows = (array) ( $page['data']['escalations'] ?? array() );
		if ( ! $rows ) {
			echo '<div class="escbridge-empty"><span class="dashicons dashicons-yes-alt" aria-hidden="true"></span><p>' . esc_html__( 'Nobody is waiting here.', 'escalation-bridge' ) . '</p></div>';
			return;
		}
		self::table( array_map( array( self::class, 'cells' ), $rows ) );
		if ( ! empty( $page['data']['next_before'] ) ) {
			$next = self::url( array( 'state' => $state, 'before' => (string) $page['data']['next_before'] ) );
			echo '<p><a class="button" href="' . esc_url( $next ) . '">' . esc_html__( 'Next page', 'escalation-bridge' ) . '</a></p>';
		}
	}

	/** What visitors sent while the sidecar is away. */
	private static function waiting(): void {
		$rows = Kept::rows();
		if ( $rows ) {
			$text = __( 'This was sent while the sidecar could not be reached. It is delivered by itself as soon as it can be, in this order.', 'escalation-bridge' );
			self::box( __( 'Waiting in WordPress', 'escalation-bridge' ), '<p>' . esc_html( $text ) . '</p>' . self::conversation( array_map( array( self::class, 'kept_line' ), $rows ) ) );
		}
	}

	private static function kept_line( array $row ): array {
		$user = $row['user'] > 0 ? get_userdata( $row['user'] ) : false;
		return array(
			'who'  => 'visitor',
			'name' => $user ? $user->display_name . ' <' . $user->user_email . '>' : '',
			'at'   => gmdate( 'Y-m-d\TH:i:s\Z', intdiv( $row['at'], 1000 ) ),
			'text' => implode( "\n", array_merge( array( $row['text'] ), array_values( $row['contact'] ?? array() ) ) ),
		);
	}

	private static function tabs( string $state ): void {
		$tabs = array(
			'active'   => __( 'Active', 'escalation-bridge' ),
			'resolved' => __( 'Resolved', 'escalation-bridge' ),
			'released' => __( 'Released', 'escalation-bridge' ),
			'all'      => __( 'All', 'escalation-bridge' ),
		);
		echo '<nav class="nav-tab-wrapper" aria-label="' . esc_attr__( 'States', 'escalation-bridge' ) . '">';
		foreach ( $tabs as $key => $label ) {
			printf(
				'<a class="nav-tab %s" href="%s" %s>%s</a>',
				$key === $state ? 'nav-tab-active' : '',
				esc_url( self::url( array( 'state' => $key ) ) ),
				$key === $state ? 'aria-current="page"' : '',
				esc_html( $label )
			);
		}
		echo '</nav>';
	}

	/** @param array<int,string[]> $rows Of markup, in the order of the titles. */
	private static function table( array $rows ): void {
		$titles = array( __( 'Customer', 'escalation-bridge' ), __( 'What it is about', 'escalation-bridge' ), __( 'Queue', 'escalation-bridge' ), __( 'Promised', 'escalation-bridge' ), __( 'State', 'escalation-bridge' ) );
		echo '<table class="widefat striped escbridge-list"><thead><tr>';
		foreach ( $titles as $title ) {
			echo '<th scope="col">' . esc_html( $title ) . '</th>';
		}
		echo '</tr></thead><tbody>';
		foreach ( $rows as $cells ) {
			echo '<tr>';
			foreach ( $cells as $n => $html ) {
				echo '<td data-colname="' . esc_attr( $titles[ $n ] ) . '">' . wp_kses( $html, self::tags() ) . '</td>';
			}
			echo '</tr>';
		}
		echo '</tbody></table>';
	}

	/** @return string[] */
	private static function cells( array $row ): array {
		$customer = (array) ( $row['customer'] ?? array() );
		$link     = self::url( array( 'escalation' => (string) $row['id'] ) );
		$call     = 'booked' === ( $row['call']['state'] ?? '' ) ? ' ' . self::pill( __( 'Call', 'escalation-bridge' ) ) : '';
		return array(
			'<strong><a class="row-title" href="' . esc_url( $link ) . '">' . esc_html( self::customer_name( $customer ) ) . '</a></strong>' . self::marks( $customer ),
			esc_html( (string) ( $row['summary'] ?? '' ) ) . self::sub( self::why( $row ) ),
			esc_html( (string) ( $row['queue'] ?? '' ) ) . '<br>' . self::priority( (string) ( $row['priority'] ?? '' ) ),
			self::promise( (array) ( $row['commitment'] ?? array() ) ) . $call,
			esc_html( self::word( 'state', (string) $row['state'] ) ) . self::sub( (string) ( $row['claimed_by']['name'] ?? '' ) ),
		);
	}

	/** A second line, smaller; nothing where there is none. */
	private static function sub( string $text ): string {
		return '' === $text ? '' : '<span class="escbridge-sub">' . esc_html( $text ) . '</span>';
	}

	public static function pill( string $text, string $look = '' ): string {
		return '<span class="escbridge-pill ' . esc_attr( $look ) . '">' . esc_html( $text ) . '</span>';
	}

	private static function detail( string $id ): void {
		$answer = ( new Client( Settings::pairing() ) )->admin( 'GET', '/v1/escalations/' . rawurlencode( $id ) );
		echo '<p class="escbridge-back"><a href="' . esc_url( self::url() ) . '">&larr; ' . esc_html__( 'All escalations', 'escalation-bridge' ) . '</a></p>';
		if ( ! $answer['ok'] ) {
			self::unread( $answer );
			return;
		}
		$one    = (array) $answer['data'];
		$packet = (array) ( $one['packet'] ?? array() );
		echo '<div class="escbridge-title"><h2>' . esc_html( (string) ( $one['summary'] ?? '' ) ) . '</h2><p>' . wp_kses( self::priority( (string) ( $one['priority'] ?? '' ) ), self::tags() );
		/* translators: 1: queue, 2: date and time */
		echo ' ' . esc_html( sprintf( __( 'Queue %1$s · since %2$s', 'escalation-bridge' ), (string) ( $one['queue'] ?? '' ), self::when( (string) ( $one['decided_at'] ?? '' ) ) ) ) . ' · <strong>' . esc_html( self::word( 'state', (string) $one['state'] ) ) . '</strong>';
		if ( ! empty( $one['claimed_by']['name'] ) ) {
			echo ' · ' . esc_html( (string) $one['claimed_by']['name'] ); // Who took it, not always who ended it.
		}
		echo '</p></div><div class="escbridge-columns"><div class="escbridge-main">';
		self::box( __( 'Conversation', 'escalation-bridge' ), self::conversation( (array) ( $one['conversation'] ?? array() ) ) );
		self::forms( $id, $one );
		echo '</div><div class="escbridge-side">';
		self::packet( $one, $packet );
		echo '</div></div>';
	}

	/** The packet's six items (the transcript is the conversation beside it), the promise and the ticket. */
	private static function packet( array $one, array $packet ): void {
		$promise  = (array) ( $one['commitment'] ?? array() );
		$customer = (array) ( $one['customer'] ?? array() );
		$words    = '<p class="escbridge-quote">' . esc_html( (string) ( $promise['text'] ?? '' ) ) . '</p>';
		$words   .= '<p>' . esc_html( self::word( 'fate', (string) ( $promise['state'] ?? '' ) ) ) . '</p>';
		self::box( __( 'What was promised', 'escalation-bridge' ), self::promise( $promise ) . $words, 'escbridge-promise' );
		self::call( $one );
		$who = '<p><strong>' . esc_html( self::customer_name( $customer ) ) . '</strong></p>';
		if ( ! empty( $customer['email'] ) ) {
			$who .= '<p><a href="' . esc_url( 'mailto:' . $customer['email'] ) . '">' . esc_html( (string) $customer['email'] ) . '</a></p>';
		}
		if ( ! empty( $customer['phone'] ) ) {
			$who .= '<p>' . esc_html( (string) $customer['phone'] ) . '</p>';
		}
		self::box( __( 'Customer', 'escalation-bridge' ), $who . self::marks( $customer ) );
		self::box( __( 'Summary', 'escalation-bridge' ), self::facts( $packet['summary'] ?? $one['summary'] ?? '' ) );
		self::box( __( 'Reason', 'escalation-bridge' ), '<p><strong>' . esc_html( self::why( $one ) ) . '</strong></p>' . self::facts( $packet['reason'] ?? '' ) );
		self::box( __( 'Account', 'escalation-bridge' ), self::facts( $packet['account'] ?? '' ) );
		self::box( __( 'Last attempt of the assistant', 'escalation-bridge' ), self::facts( $packet['last_attempt'] ?? '' ) );
		self::ticket( (array) ( $one['ticket'] ?? array() ) );
		self::label( (string) ( $one['id'] ?? '' ), (array) ( $one['label'] ?? array() ) );
	}

	/** Why, in the reader's language, where a rule of the shipped policy decided; else as the policy or the rule says it. */
	private static function why( array $one ): string {
		$rule  = (string) ( $one['rule'] ?? '' );
		$said  = (string) ( $one['reason'] ?? '' );
		$words = array(
			'safety'               => __( 'Somebody may be in danger', 'escalation-bridge' ),
			'explicit_request'     => __( 'Asked for a person', 'escalation-bridge' ),
			'valuable-and-unsure'  => __( 'A valuable customer whom the assistant does not help', 'escalation-bridge' ),
			'valuable-and-leaving' => __( 'A valuable customer who may leave or take legal steps', 'escalation-bridge' ),
			'losing-trust'         => __( 'Is losing patience', 'escalation-bridge' ),
			'two-signs'            => __( 'Two signs that the assistant does not help', 'escalation-bridge' ),
			'bot-down'             => __( 'The assistant fails', 'escalation-bridge' ),
		);
		return 0 === strpos( $said, $rule ) ? $words[ $rule ] ?? $said : $said; // An owner's own reason does not begin so.
	}

	/** What the sidecar tells by a code, in words; a code that only a newer one knows as it is. */
	private static function word( string $of, string $code ): string {
		$words = array(
			'state'    => array(
				'open'     => __( 'Waiting', 'escalation-bridge' ),
				'claimed'  => __( 'Claimed', 'escalation-bridge' ),
				'resolved' => _x( 'Resolved', 'state of one escalation', 'escalation-bridge' ),
				'released' => _x( 'Released', 'state of one escalation', 'escalation-bridge' ),
			),
			'priority' => array(
				'urgent' => __( 'Urgent', 'escalation-bridge' ),
				'high'   => __( 'High', 'escalation-bridge' ),
				'normal' => __( 'Normal', 'escalation-bridge' ),
			),
			'promise'  => array(
				'pending'  => __( 'pending', 'escalation-bridge' ),
				'kept'     => __( 'kept', 'escalation-bridge' ),
				'broken'   => __( 'broken', 'escalation-bridge' ),
				'replaced' => __( 'replaced', 'escalation-bridge' ),
			),
			'fate'     => array(
				'pending'  => __( 'Nobody has answered yet; the promise stands.', 'escalation-bridge' ),
				'kept'     => __( 'A person took care of it in time: the promise was kept.', 'escalation-bridge' ),
				'broken'   => __( 'Nobody answered in time: the promise was broken.', 'escalation-bridge' ),
				'replaced' => __( 'A newer promise took its place.', 'escalation-bridge' ),
			),
			'ticket'   => array(
				'sending'  => __( 'being sent', 'escalation-bridge' ),
				'sent'     => __( 'sent', 'escalation-bridge' ),
				'parked'   => __( 'not sent: parked', 'escalation-bridge' ),
				'recorded' => __( 'kept here', 'escalation-bridge' ),
			),
			'packet'   => array(
				'orders'         => __( 'Orders', 'escalation-bridge' ),
				'open_tickets'   => __( 'Open tickets', 'escalation-bridge' ),
				'billing_status' => __( 'Billing status', 'escalation-bridge' ),
				'sla'            => __( 'SLA', 'escalation-bridge' ),
			),
			'label'    => array(
				'needed'   => __( 'Needed a person', 'escalation-bridge' ),
				'unneeded' => __( 'The bot could have done it', 'escalation-bridge' ),
			),
		);
		return $words[ $of ][ $code ] ?? $code;
	}

	/** The booked call: when, which number, and the button for whoever has made it. */
	private static function call( array $one ): void {
		$call   = (array) ( $one['call'] ?? array() );
		$states = array(
			'booked'    => empty( $call['confirmed'] ) ? __( 'Booked.', 'escalation-bridge' ) : __( 'Booked, and confirmed by the customer.', 'escalation-bridge' ),
			'cancelled' => __( 'Cancelled.', 'escalation-bridge' ),
			'done'      => __( 'Done.', 'escalation-bridge' ),
			'missed'    => __( 'Missed: nobody called.', 'escalation-bridge' ),
		);
		if ( ! isset( $states[ $call['state'] ?? '' ] ) ) {
			return;
		}
		$ends = (string) wp_date( get_option( 'time_format' ), (int) strtotime( (string) $call['ends_at'] ) );
		$html = '<p class="escbridge-due">' . esc_html( self::when( (string) $call['starts_at'] ) . ' – ' . $ends ) . '</p><p>' . esc_html( $states[ $call['state'] ] ) . '</p>';
		if ( ! empty( $call['phone'] ) ) {
			$html .= '<p><a href="' . esc_url( 'tel:' . preg_replace( '/[^0-9+]/', '', (string) $call['phone'] ), array( 'tel' ) ) . '">' . esc_html( (string) $call['phone'] ) . '</a></p>';
		}
		if ( 'booked' === $call['state'] ) {
			$html .= self::form( (string) $one['id'], 'called', __( 'Called', 'escalation-bridge' ), '', 'button button-primary' );
		}
		self::box( __( 'Call', 'escalation-bridge' ), $html, 'escbridge-call' );
	}

	/** Was a person needed? What the team has said so far, and the two answers, also when the escalation is over. */
	private static function label( string $id, array $label ): void {
		$said = __( 'Nobody has said yet.', 'escalation-bridge' );
		if ( ! empty( $label['verdict'] ) ) {
			/* translators: 1: the label, 2: who gave it, 3: date and time */
			$said = sprintf( __( '%1$s · %2$s · %3$s', 'escalation-bridge' ), self::word( 'label', (string) $label['verdict'] ), (string) ( $label['author'] ?? '' ), self::when( (string) ( $label['labelled_at'] ?? '' ) ) );
		}
		$forms = '';
		foreach ( array( 'needed', 'unneeded' ) as $value ) {
			$forms .= self::form( $id, 'label', self::word( 'label', $value ), '<input type="hidden" name="verdict" value="' . esc_attr( $value ) . '">' );
		}
		self::box( __( 'Was a person needed?', 'escalation-bridge' ), '<p>' . esc_html( $said ) . '</p><div class="escbridge-labels">' . $forms . '</div>' );
	}

	private static function ticket( array $ticket ): void {
		if ( ! $ticket ) {
			return;
		}
		$text = esc_html( (string) ( $ticket['desk'] ?? '' ) . ' · ' . self::word( 'ticket', (string) ( $ticket['state'] ?? '' ) ) );
		if ( ! empty( $ticket['url'] ) ) {
			$text .= ' · <a href="' . esc_url( (string) $ticket['url'], array( 'http', 'https' ) ) . '">' . esc_html( (string) ( $ticket['ref'] ?? $ticket['url'] ) ) . '</a>';
		} elseif ( ! empty( $ticket['ref'] ) ) {
			$text .= ' · ' . esc_html( (string) $ticket['ref'] );
		}
		self::box( __( 'Ticket', 'escalation-bridge' ), '<p>' . $text . '</p>' );
	}

	/** A value of the packet as a small list. */
	private static function facts( $value ): string {
		if ( null === $value || '' === $value || array() === $value ) {
			return '<p class="escbridge-none">' . esc_html__( 'nothing known', 'escalation-bridge' ) . '</p>';
		}
		if ( ! is_array( $value ) ) {
			return '<p>' . nl2br( esc_html( is_bool( $value ) ? ( $value ? __( 'yes', 'escalation-bridge' ) : __( 'no', 'escalation-bridge' ) ) : self::maybe_when( (string) $value ) ) ) . '</p>';
		}
		$html = '<dl>';
		foreach ( $value as $key => $item ) {
			$flat  = is_array( $item ) && $item && ! array_filter( $item, 'is_array' );
			$label = is_int( $key ) ? '' : '<dt>' . esc_html( ucfirst( str_replace( '_', ' ', self::word( 'packet', $key ) ) ) ) . '</dt>';
			$html .= $label . '<dd>' . ( $flat ? '<p>' . esc_html( implode( ' · ', array_map( array( self::class, 'maybe_when' ), array_map( 'strval', array_filter( $item, 'is_scalar' ) ) ) ) ) . '</p>' : self::facts( $item ) ) . '</dd>';
		}
		return $html . '</dl>';
	}

	private static function conversation( array $lines ): string {
		$names = array(
			'visitor' => __( 'Visitor', 'escalation-bridge' ),
			'bot'     => __( 'Assistant', 'escalation-bridge' ),
			'agent'   => __( 'Support', 'escalation-bridge' ),
			'system'  => __( 'Note', 'escalation-bridge' ),
		);
		$html  = '<ol class="escbridge-talk">';
		foreach ( $lines as $line ) {
			$who    = isset( $names[ $line['who'] ?? '' ] ) ? (string) $line['who'] : 'system';
			$hidden = isset( $line['shown'] ) && ! $line['shown'];
			$html  .= '<li class="escbridge-' . esc_attr( $who ) . ( $hidden ? ' escbridge-unshown' : '' ) . '"><div class="escbridge-meta"><strong>' . esc_html( ! empty( $line['name'] ) ? (string) $line['name'] : $names[ $who ] ) . '</strong> <time>' . esc_html( self::when( (string) ( $line['at'] ?? '' ) ) ) . '</time>';
			$html  .= $hidden ? ' <em>' . esc_html__( 'not shown to the visitor', 'escalation-bridge' ) . '</em>' : '';
			$html  .= '</div><div class="escbridge-text">' . nl2br( esc_html( (string) ( $line['text'] ?? '' ) ) ) . '</div></li>';
		}
		return $html . '</ol>';
	}

	private static function forms( string $id, array $one ): void {
		if ( ! in_array( $one['state'] ?? '', array( 'open', 'claimed' ), true ) ) {
			return;
		}
		$text  = (string) get_transient( self::draft_of( $id ) );
		$claim = '';
		if ( 'open' === $one['state'] ) {
			$claim = self::form( $id, 'claim', __( 'Claim', 'escalation-bridge' ), '<p>' . esc_html__( 'Nobody has this yet.', 'escalation-bridge' ) . '</p>', 'button button-primary' );
		}
		$reply = '<label for="escbridge-reply"><strong>' . esc_html__( 'Your answer', 'escalation-bridge' ) . '</strong></label><textarea id="escbridge-reply" name="text" rows="4" maxlength="4000" required>' . esc_textarea( $text ) . '</textarea><input type="hidden" name="reply_id" value="' . esc_attr( wp_generate_uuid4() ) . '">';
		$reply = self::form( $id, 'reply', __( 'Send to the visitor', 'escalation-bridge' ), $reply, 'open' === $one['state'] ? 'button' : 'button button-primary' );
		$note  = '<label for="escbridge-note">' . esc_html__( 'Note (optional)', 'escalation-bridge' ) . '</label><input type="text" class="regular-text" id="escbridge-note" name="note" maxlength="500">';
		$ends  = self::form( $id, 'resolve', __( 'Resolve', 'escalation-bridge' ), $note ) . self::form( $id, 'release', __( 'Release to the assistant', 'escalation-bridge' ) );
		echo wp_kses( '<div class="escbridge-forms">' . $claim . $reply . '<div class="escbridge-ends">' . $ends . '</div></div>', self::tags() );
	}

	private static function draft_of( string $id ): string {
		return 'escbridge_draft_' . get_current_user_id() . '_' . $id;
	}

	private static function form( string $id, string $op, string $label, string $fields = '', string $classes = 'button' ): string {
		$fields .= '<input type="hidden" name="op" value="' . esc_attr( $op ) . '"><input type="hidden" name="escalation" value="' . esc_attr( $id ) . '">';
		return self::post_form( 'escbridge_act', 'escbridge_act_' . $id, $fields, $label, $classes, 'escbridge-form-' . $op );
	}

	/** $fields is markup of ours, escaped where it was made. */
	public static function post_form( string $action, string $nonce, string $fields, string $label, string $button = 'button', string $form = '' ): string {
		$fields .= wp_nonce_field( $nonce, '_wpnonce', true, false ) . '<input type="hidden" name="action" value="' . esc_attr( $action ) . '">';
		return '<form method="post" action="' . esc_url( admin_url( 'admin-post.php' ) ) . '" class="' . esc_attr( $form ) . '">' . $fields . '<button type="submit" class="' . esc_attr( $button ) . '">' . esc_html( $label ) . '</button></form>';
	}

	private static function box( string $title, string $html, string $classes = '' ): void {
		echo '<div class="postbox ' . esc_attr( $classes ) . '"><div class="postbox-header"><h2>' . esc_html( $title ) . '</h2></div><div class="inside">' . wp_kses( $html, self::tags() ) . '</div></div>';
	}

	private static function tags(): array {
		return array_merge(
			array_fill_keys( array( 'p', 'strong', 'em', 'br', 'dl', 'dt', 'dd', 'ol', 'li', 'div', 'span', 'time' ), array( 'class' => true ) ),
			array(
				'span'     => array( 'class' => true, 'title' => true ),
				'a'        => array( 'href' => true, 'class' => true ),
				'form'     => array_fill_keys( array( 'method', 'action', 'class' ), true ),
				'button'   => array( 'type' => true, 'class' => true ),
				'label'    => array( 'for' => true ),
				'input'    => array_fill_keys( array( 'type', 'name', 'value', 'id', 'class', 'maxlength' ), true ),
				'textarea' => array_fill_keys( array( 'name', 'id', 'rows', 'maxlength', 'required' ), true ),
			)
		);
	}

	private static function customer_name( array $customer ): string {
		return (string) ( ( $customer['name'] ?? '' ) ?: ( $customer['email'] ?? '' ) ?: __( 'Anonymous visitor', 'escalation-bridge' ) );
	}

	private static function marks( array $customer ): string {
		$html = '<span class="escbridge-marks">';
		if ( ! empty( $customer['tier'] ) ) {
			$html .= self::pill( (string) $customer['tier'] );
		}
		if ( ! empty( $customer['tier_assumed'] ) ) {
			$html .= self::doubt( __( 'assumed', 'escalation-bridge' ), __( 'The CRM did not answer, so the highest tier is assumed.', 'escalation-bridge' ) );
		}
		if ( 'verified' !== ( $customer['email_identity'] ?? $customer['identity'] ?? '' ) && ( ! empty( $customer['email'] ) || ! empty( $customer['phone'] ) || ! empty( $customer['name'] ) ) ) {
			$html .= self::doubt( __( 'UNVERIFIED', 'escalation-bridge' ), __( 'The visitor typed this; nobody has checked it.', 'escalation-bridge' ) );
		}
		return $html . '</span>';
	}

	/** A word with its meaning, for who points at it and for who listens: a tooltip alone is read to nobody. */
	private static function doubt( string $word, string $meaning ): string {
		return '<span class="escbridge-pill escbridge-pill-warn" title="' . esc_attr( $meaning ) . '">' . esc_html( $word ) . '<span class="screen-reader-text"> ' . esc_html( $meaning ) . '</span></span>';
	}

	private static function priority( string $priority ): string {
		return self::pill( self::word( 'priority', $priority ), 'escbridge-priority-' . sanitize_html_class( $priority ) );
	}

	private static function promise( array $promise ): string {
		$state = (string) ( $promise['state'] ?? '' );
		$due   = (int) strtotime( (string) ( $promise['due_at'] ?? '' ) );
		$html  = '<span class="escbridge-due">' . esc_html( self::when( (string) ( $promise['due_at'] ?? '' ) ) ) . '</span>';
		$html .= self::pill( self::word( 'promise', $state ), 'escbridge-promise-' . sanitize_html_class( $state ) );
		if ( 'pending' === $state && $due > 0 ) {
			$span  = human_time_diff( time(), $due );
			$html .= $due >= time()
				/* translators: %s: span of time */
				? self::sub( sprintf( __( 'in %s', 'escalation-bridge' ), $span ) )
				/* translators: %s: span of time */
				: ' ' . self::pill( sprintf( __( '%s overdue', 'escalation-bridge' ), $span ), 'escbridge-pill-off' );
		}
		return $html;
	}

	/** An instant in the site's zone and format, with the zone's short name. */
	public static function when( string $instant ): string {
		$time = strtotime( $instant );
		return $time ? (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ) . ' T', $time ) : '';
	}

	private static function maybe_when( string $text ): string {
		return preg_match( '/^\d{4}-\d\d-\d\dT[\d:.]+Z$/D', $text ) ? self::when( $text ) : $text;
	}

	private static function result_notice( string $code ): void {
		$done = array(
			'done-claim'   => __( 'This one is yours now.', 'escalation-bridge' ),
			'done-reply'   => __( 'Your answer was sent; the visitor sees it in the chat.', 'escalation-bridge' ),
			'done-resolve' => __( 'Resolved.', 'escalation-bridge' ),
			'done-release' => __( 'Released: the assistant may answer again.', 'escalation-bridge' ),
			'done-called'  => __( 'Noted: the call was made, and the promise is kept.', 'escalation-bridge' ),
			'done-hours'   => __( 'It counts from the next conversation on.', 'escalation-bridge' ),
			'done-revoke'  => __( 'Revoked: the calendar counts again.', 'escalation-bridge' ),
			'done-label'   => __( 'Noted. The last answer counts.', 'escalation-bridge' ),
		);
		if ( isset( $done[ $code ] ) ) {
			self::notice( 'success', $done[ $code ] );
		} elseif ( '' !== $code ) {
			self::notice( 'error', self::explain( $code ) );
		}
	}

	public static function notice( string $kind, string $text ): void {
		echo '<div class="notice notice-' . esc_attr( $kind ) . ' is-dismissible"><p>' . esc_html( $text ) . '</p></div>';
	}

	/** What is to be shown did not come. @param array<string,mixed> $answer Of the client. */
	private static function unread( array $answer ): void {
		self::notice( 'error', $answer['down'] ? ConnectionTest::cure( $answer, Settings::pairing() ) : self::explain( (string) $answer['error'] ) );
	}

	/** A cause of the client or a problem of the sidecar, in words for whoever works here. */
	public static function explain( string $code ): string {
		$words = array(
			'escalation-closed'    => __( 'This escalation was resolved or released already; nothing was changed.', 'escalation-bridge' ),
			'reply-contradicted'   => __( 'An answer was sent from this page before, and stands. What you have written since was not sent; it is still in the field, and can be sent now.', 'escalation-bridge' ),
			'already-claimed'      => __( 'Somebody else has claimed this already; nothing was changed.', 'escalation-bridge' ),
			'escalation-not-found' => __( 'There is no such escalation.', 'escalation-bridge' ),
			'wrong-scope'          => __( 'The admin secret is not one; pair again.', 'escalation-bridge' ),
			'not-found'            => __( 'There is no such escalation.', 'escalation-bridge' ),
			'hours-wrong'          => __( 'The time must lie ahead, within 366 days; nothing was changed.', 'escalation-bridge' ),
			'command-not-found'    => __( 'This is over or revoked already; nothing was changed.', 'escalation-bridge' ),
			'too-many-commands'    => __( 'A hundred such orders hold already: revoke some first.', 'escalation-bridge' ),
			'empty-reply'          => __( 'The answer was empty; nothing was sent.', 'escalation-bridge' ),
			'store-unavailable'    => __( 'The sidecar cannot store anything at the moment; nothing was changed. Try again shortly.', 'escalation-bridge' ),
		);
		/* translators: %s: error code */
		return $words[ $code ] ?? sprintf( __( 'The sidecar did not do it (%s); nothing was changed as far as this site knows. Settings > Escalation Bridge > Test the connection tells why.', 'escalation-bridge' ), $code );
	}

	public static function url( array $args = array() ): string {
		return add_query_arg( array_map( 'rawurlencode', array( 'page' => self::PAGE ) + $args ), admin_url( 'admin.php' ) );
	}
}

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
		$hook = add_menu_page( $name, $name, 'escbridge_manage', self::PAGE, array( self::class, 'render' ), 'dashicons-sos', 26 );
		add_action( 'admin_print_styles-' . $hook, array( self::class, 'enqueue_style' ) );
	}

	public static function enqueue_style(): void {
		wp_enqueue_style( 'escbridge-admin', plugins_url( 'assets/admin.css', ESCBRIDGE_FILE ), array(), ESCBRIDGE_VERSION );
	}

	/** Where the team's mails and tickets lead: only WordPress knows where wp-admin is. */
	public static function follow_link(): void {
		$named = self::text_fields( $_GET )['escbridge_desk'] ?? ''; // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- leads on and does nothing.
		nocache_headers();
		add_filter( 'allowed_redirect_hosts', static fn( array $hosts ): array => array_merge( $hosts, array( wp_parse_url( admin_url(), PHP_URL_HOST ) ) ) ); // wp-admin may have a host of its own.
		wp_safe_redirect( self::url( array_filter( array( 'escalation' => $named ) ) ) );
		exit;
	}

	/** What was done is told once: a reload of the page does not say it again. */
	public static function removable_query_args( $names ): array {
		return array_merge( (array) $names, array( 'escbridge_result', 'late' ) );
	}

	/** @return array{id:string,name:string} */
	public static function agent(): array {
		$user = wp_get_current_user();
		return array( 'id' => 'wp-' . $user->ID, 'name' => Context::display_name( $user ) );
	}

	/** What a form of wp-admin was filled in with, each field as a line of text. Ends the request of whoever may not send it. */
	public static function verified_form( string $nonce, bool $may ): array {
		check_admin_referer( $nonce );
		if ( ! $may ) {
			wp_die( esc_html__( 'You may not do this.', 'escalation-bridge' ), '', array( 'response' => 403 ) );
		}
		return self::text_fields( $_POST );
	}

	/** What is sent with a request, each as a line of text. */
	public static function text_fields( array $sent ): array {
		return array_map( 'sanitize_text_field', array_filter( wp_unslash( $sent ), 'is_string' ) );
	}

	/** Claim, reply, resolve, release, label or called: asks the sidecar, then goes back to the page with the result's code. */
	public static function handle_form(): void {
		$given = self::text_fields( $_POST ) + array( 'escalation' => '', 'op' => '', 'heard' => '', '_wpnonce' => '' ); // phpcs:ignore WordPress.Security.NonceVerification.Missing -- the nonce is one of this escalation.
		$id    = $given['escalation'];
		$body  = self::request_bodies( $given['heard'] )[ $given['op'] ] ?? null;
		$may   = current_user_can( 'escbridge_manage' ) && null !== $body;
		$nonce = 'escbridge_act_' . $id;
		$stale = $may && ! wp_verify_nonce( $given['_wpnonce'], $nonce ) && self::is_sent_from_admin();
		if ( ! $stale ) {
			self::verified_form( $nonce, $may );
		}
		$code = $stale ? 'stale' : self::perform( $id, $given['op'], $body );
		if ( 'done-reply' === $code ) {
			delete_transient( self::draft_key( $id ) );
		} elseif ( 'reply' === $given['op'] ) {
			set_transient( self::draft_key( $id ), $body['text'], HOUR_IN_SECONDS ); // What was typed is not lost.
		}
		wp_safe_redirect( self::url( array( 'escalation' => $id, 'escbridge_result' => $code ) ) );
		exit;
	}

	private static function perform( string $id, string $op, array $body ): string {
		if ( 'reply' === $op && '' === $body['text'] ) {
			return 'empty-reply';
		}
		$answer = Plugin::client()->admin( 'POST', '/v1/escalations/' . rawurlencode( $id ) . '/' . $op, $body );
		return $answer['ok'] ? 'done-' . $op : (string) $answer['error'];
	}

	/**
	 * What the sidecar is told, for each thing that the forms can do.
	 *
	 * @param string $heard How many messages of the visitor stood on the page. The same words after the same message are one answer,
	 *                      from whichever copy of the page they come: the sidecar takes a `reply_id` once.
	 */
	private static function request_bodies( string $heard ): array {
		$agent = self::agent();
		$text  = self::raw_text( 'text' );
		$note  = self::raw_text( 'note' );
		return array(
			'claim'   => compact( 'agent' ),
			'reply'   => compact( 'agent', 'text' ) + array( 'reply_id' => md5( $agent['id'] . ' ' . $heard . ' ' . $text ) ),
			'resolve' => compact( 'agent' ) + ( '' === $note ? array() : compact( 'note' ) ),
			'release' => compact( 'agent' ),
			'label'   => compact( 'agent' ) + array( 'verdict' => self::raw_text( 'verdict' ) ),
			'called'  => compact( 'agent' ),
		);
	}

	/** Whether a page of this wp-admin sent the form: the browser says so, and no foreign page can make it. Its nonce ends after a day, and with the log-in. */
	private static function is_sent_from_admin(): bool {
		return 0 === strpos( sanitize_url( wp_unslash( $_SERVER['HTTP_REFERER'] ?? '' ) ), admin_url() );
	}

	/** What somebody typed, as it is: cleaning would change signs and links that others are to read. It is escaped where it is shown. */
	public static function raw_text( string $name ): string {
		$text = isset( $_POST[ $name ] ) && is_string( $_POST[ $name ] ) ? wp_unslash( $_POST[ $name ] ) : ''; // phpcs:ignore WordPress.Security -- as said; the nonce was checked.
		return trim( str_replace( "\r\n", "\n", Bridge::clean_text( $text ) ) );
	}

	public static function render(): void {
		if ( ! current_user_can( 'escbridge_manage' ) ) {
			return;
		}
		$asked = self::text_fields( $_GET ) + array( 'escalation' => '', 'state' => '', 'before' => '', 'escbridge_result' => '' ); // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- these only choose what is shown.
		echo '<div class="wrap escbridge"><div class="escbridge-head"><h1 class="wp-heading-inline">' . esc_html__( 'Escalations', 'escalation-bridge' ) . '</h1>';
		if ( Settings::is_paired() ) {
			Presence::show();
		}
		echo '</div><hr class="wp-header-end">';
		self::result_notice( preg_match( '/^[a-z0-9_-]{1,40}$/D', $asked['escbridge_result'] ) ? $asked['escbridge_result'] : '' ); // Else it is none of ours.
		if ( null === Settings::pairing() ) {
			self::notice( 'warning', __( 'Not connected yet: set the pairing code under Settings > Escalation Bridge.', 'escalation-bridge' ) );
		} elseif ( '' !== $asked['escalation'] ) {
			self::detail_page( $asked['escalation'] );
		} else {
			self::list_page( in_array( $asked['state'], array( 'resolved', 'released', 'all' ), true ) ? $asked['state'] : 'active', $asked['before'] );
		}
		echo '</div>';
	}

	private static function list_page( string $state, string $before ): void {
		$client = Plugin::client();
		$query  = 'state=' . $state . '&limit=' . self::PER_PAGE . ( 'active' === $state ? '&order=due' : '' ) . ( '' === $before ? '' : '&before=' . rawurlencode( $before ) );
		$page   = $client->admin( 'GET', '/v1/escalations?' . $query );
		if ( ! $page['ok'] ) {
			self::fetch_notice( $page );
			self::outbox_box();
			return; // Whoever does not answer is not asked for more: each call may take five seconds.
		}
		if ( false === ( $client->health( 'admin' )['data']['scheduler_alive'] ?? null ) ) {
			self::notice( 'error', ConnectionTest::no_scheduler_text() );
		}
		self::outbox_box();
		Hours::render();
		self::tabs( $state );
		$rows = $page['data']['escalations'];
		if ( ! $rows ) {
			echo '<div class="escbridge-empty"><span class="dashicons dashicons-yes-alt" aria-hidden="true"></span><p>' . esc_html__( 'Nobody is waiting here.', 'escalation-bridge' ) . '</p></div>';
			return;
		}
		self::table( array_map( array( self::class, 'row_cells' ), $rows ) );
		if ( ! empty( $page['data']['next_before'] ) ) {
			$next = self::url( array( 'state' => $state, 'before' => $page['data']['next_before'] ) );
			echo '<p><a class="button" href="' . esc_url( $next ) . '">' . esc_html__( 'Next page', 'escalation-bridge' ) . '</a></p>';
		}
	}

	/** What visitors sent while the sidecar is away, and what it will not take. */
	private static function outbox_box(): void {
		$texts = array(
			Outbox::WAITING => __( 'This was sent while the sidecar could not be reached. It is delivered by itself as soon as it can be, in this order.', 'escalation-bridge' ),
			Outbox::REFUSED => Outbox::refused_text(),
		);
		foreach ( $texts as $status => $text ) {
			$rows = Outbox::rows( array( 'post_status' => $status ) );
			if ( $rows ) {
				self::box( __( 'Waiting in WordPress', 'escalation-bridge' ), '<p>' . esc_html( $text ) . '</p>' . self::conversation( array_map( array( self::class, 'outbox_line' ), $rows ) ) );
			}
		}
	}

	private static function outbox_line( array $row ): array {
		return array(
			'who'   => 'visitor',
			'name'  => Context::account( $row['user'] ),
			'at'    => gmdate( 'Y-m-d\TH:i:s\Z', intdiv( $row['at'], 1000 ) ),
			'text'  => implode( "\n", array_merge( array( $row['text'] ), array_values( $row['contact'] ?? array() ) ) ),
			'shown' => true,
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
				echo '<td data-colname="' . esc_attr( $titles[ $n ] ) . '">' . wp_kses( $html, self::allowed_html() ) . '</td>';
			}
			echo '</tr>';
		}
		echo '</tbody></table>';
	}

	/** @return string[] */
	private static function row_cells( array $row ): array {
		$link = self::url( array( 'escalation' => $row['id'] ) );
		$call = 'booked' === ( $row['call']['state'] ?? '' ) ? ' ' . self::pill( __( 'Call', 'escalation-bridge' ) ) : '';
		return array(
			'<strong><a class="row-title" href="' . esc_url( $link ) . '">' . esc_html( self::customer_name( $row['customer'] ) ) . '</a></strong>' . self::customer_pills( $row['customer'] ),
			esc_html( $row['summary'] ) . self::second_line( self::reason_label( $row ) ),
			esc_html( $row['queue'] ) . '<br>' . self::priority( $row['priority'] ),
			self::commitment( $row['commitment'] ) . $call,
			esc_html( self::label_for( 'state', $row['state'] ) ) . self::second_line( $row['claimed_by']['name'] ?? '' ),
		);
	}

	/** A second line, smaller; nothing where there is none. */
	private static function second_line( string $text ): string {
		return '' === $text ? '' : '<span class="escbridge-sub">' . esc_html( $text ) . '</span>';
	}

	public static function pill( string $text, string $look = '' ): string {
		return '<span class="escbridge-pill ' . esc_attr( $look ) . '">' . esc_html( $text ) . '</span>';
	}

	private static function detail_page( string $id ): void {
		$answer = Plugin::client()->admin( 'GET', '/v1/escalations/' . rawurlencode( $id ) );
		echo '<p class="escbridge-back"><a href="' . esc_url( self::url() ) . '">' . ( is_rtl() ? '&rarr; ' : '&larr; ' ) . esc_html__( 'All escalations', 'escalation-bridge' ) . '</a></p>';
		if ( ! $answer['ok'] ) {
			self::fetch_notice( $answer );
			return;
		}
		$one = $answer['data'];
		echo '<div class="escbridge-title"><h2>' . esc_html( $one['summary'] ) . '</h2><p>' . wp_kses( self::priority( $one['priority'] ), self::allowed_html() );
		/* translators: 1: queue, 2: date and time */
		echo ' ' . esc_html( sprintf( __( 'Queue %1$s · since %2$s', 'escalation-bridge' ), $one['queue'], self::format_time( $one['decided_at'] ) ) ) . ' · <strong>' . esc_html( self::label_for( 'state', $one['state'] ) ) . '</strong>';
		if ( $one['claimed_by'] ) {
			echo ' · ' . esc_html( $one['claimed_by']['name'] ); // Who took it, not always who ended it.
		}
		echo '</p></div><div class="escbridge-columns"><div class="escbridge-main">';
		self::box( __( 'Conversation', 'escalation-bridge' ), self::conversation( $one['conversation'] ) );
		self::forms( $one );
		echo '</div><div class="escbridge-side">';
		self::packet_boxes( $one );
		echo '</div></div>';
	}

	/** The packet's six items (the transcript is the conversation beside it), the promise and the ticket. */
	private static function packet_boxes( array $one ): void {
		$words  = '<p class="escbridge-quote">' . esc_html( $one['commitment']['text'] ) . '</p>';
		$words .= '<p>' . esc_html( self::label_for( 'fate', $one['commitment']['state'] ) ) . '</p>';
		self::box( __( 'What was promised', 'escalation-bridge' ), self::commitment( $one['commitment'] ) . $words, 'escbridge-promise' );
		if ( $one['call'] ) {
			self::call_box( $one['id'], $one['call'] );
		}
		self::customer_box( $one['customer'] );
		self::box( __( 'Summary', 'escalation-bridge' ), self::packet_value( $one['packet']['summary'] ) );
		self::box( __( 'Reason', 'escalation-bridge' ), '<p><strong>' . esc_html( self::reason_label( $one ) ) . '</strong></p>' . self::packet_value( $one['packet']['reason'] ) );
		self::box( __( 'Account', 'escalation-bridge' ), self::packet_value( $one['packet']['account'] ) );
		self::box( __( 'Last attempt of the assistant', 'escalation-bridge' ), self::packet_value( $one['packet']['last_attempt'] ) );
		self::ticket_box( $one['ticket'] );
		self::label_box( $one['id'], $one['label'] );
	}

	private static function customer_box( array $customer ): void {
		$html = '<p><strong>' . esc_html( self::customer_name( $customer ) ) . '</strong></p>';
		if ( $customer['email'] ) {
			$html .= '<p><a href="' . esc_url( 'mailto:' . $customer['email'] ) . '">' . esc_html( $customer['email'] ) . '</a></p>';
		}
		if ( $customer['phone'] ) {
			$html .= '<p>' . esc_html( $customer['phone'] ) . '</p>';
		}
		self::box( __( 'Customer', 'escalation-bridge' ), $html . self::customer_pills( $customer ) );
	}

	/** Why, in the reader's language, where a rule of the shipped policy decided; else as the policy or the rule says it. */
	private static function reason_label( array $one ): string {
		$words = array(
			'safety'               => __( 'Somebody may be in danger', 'escalation-bridge' ),
			'account-taken'        => __( 'Somebody else may be in the account', 'escalation-bridge' ),
			'valuable-request'     => __( 'A valuable customer who asked for a person', 'escalation-bridge' ),
			'explicit_request'     => __( 'Asked for a person', 'escalation-bridge' ),
			'valuable-and-unsure'  => __( 'A valuable customer whom the assistant does not help', 'escalation-bridge' ),
			'valuable-and-leaving' => __( 'A valuable customer who may leave or take legal steps', 'escalation-bridge' ),
			'losing-trust'         => __( 'Is losing patience', 'escalation-bridge' ),
			'two-signs'            => __( 'Two signs that the assistant does not help', 'escalation-bridge' ),
			'bot-down'             => __( 'The assistant fails', 'escalation-bridge' ),
			'going-nowhere'        => __( 'Gets nowhere with the assistant', 'escalation-bridge' ),
			'bot-promised'         => __( 'The assistant promised a person', 'escalation-bridge' ),
		);
		$shipped = 0 === strpos( $one['reason'], $one['rule'] ); // An owner's own reason does not begin so.
		return $shipped ? $words[ $one['rule'] ] ?? $one['reason'] : $one['reason'];
	}

	/** What the sidecar tells by a code, in words; a code that only a newer one knows as it is. */
	private static function label_for( string $of, string $code ): string {
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

	/** The last call that was booked: when, which number, and the button for whoever has made it. */
	private static function call_box( string $id, array $call ): void {
		$states = array(
			'booked'    => $call['confirmed'] ? __( 'Booked, and confirmed by the customer.', 'escalation-bridge' ) : __( 'Booked.', 'escalation-bridge' ),
			'cancelled' => __( 'Cancelled.', 'escalation-bridge' ),
			'done'      => __( 'Done.', 'escalation-bridge' ),
			'missed'    => __( 'Missed: nobody called.', 'escalation-bridge' ),
		);
		$ends   = (string) wp_date( get_option( 'time_format' ), (int) strtotime( $call['ends_at'] ) );
		$html   = '<p class="escbridge-due">' . esc_html( self::format_time( $call['starts_at'] ) . ' – ' . $ends ) . '</p><p>' . esc_html( $states[ $call['state'] ] ?? $call['state'] ) . '</p>';
		if ( $call['phone'] ) {
			$html .= '<p><a href="' . esc_url( 'tel:' . preg_replace( '/[^0-9+]/', '', $call['phone'] ), array( 'tel' ) ) . '">' . esc_html( $call['phone'] ) . '</a></p>';
		}
		if ( 'booked' === $call['state'] ) {
			$html .= self::form( $id, 'called', __( 'Called', 'escalation-bridge' ), '', 'button button-primary' );
		}
		self::box( __( 'Call', 'escalation-bridge' ), $html, 'escbridge-call' );
	}

	/** Was a person needed? What the team has said so far, and the two answers, also when the escalation is over. */
	private static function label_box( string $id, ?array $label ): void {
		$said = $label
			/* translators: 1: the label, 2: who gave it, 3: date and time */
			? sprintf( __( '%1$s · %2$s · %3$s', 'escalation-bridge' ), self::label_for( 'label', $label['verdict'] ), $label['author'], self::format_time( $label['labelled_at'] ) )
			: __( 'Nobody has said yet.', 'escalation-bridge' );
		$forms = '';
		foreach ( array( 'needed', 'unneeded' ) as $value ) {
			$forms .= self::form( $id, 'label', self::label_for( 'label', $value ), '<input type="hidden" name="verdict" value="' . esc_attr( $value ) . '">' );
		}
		self::box( __( 'Was a person needed?', 'escalation-bridge' ), '<p>' . esc_html( $said ) . '</p><div class="escbridge-labels">' . $forms . '</div>' );
	}

	private static function ticket_box( array $ticket ): void {
		$html = esc_html( $ticket['desk'] . ' · ' . self::label_for( 'ticket', $ticket['state'] ) );
		$name = esc_html( $ticket['ref'] ?? $ticket['url'] ?? '' );
		if ( '' !== $name ) {
			$html .= ' · ' . ( $ticket['url'] ? '<a href="' . esc_url( $ticket['url'], array( 'http', 'https' ) ) . '">' . $name . '</a>' : $name );
		}
		self::box( __( 'Ticket', 'escalation-bridge' ), '<p>' . $html . '</p>' );
	}

	/** A value of the packet as a small list. */
	private static function packet_value( $value ): string {
		if ( null === $value || '' === $value || array() === $value ) {
			return '<p class="escbridge-none">' . esc_html__( 'nothing known', 'escalation-bridge' ) . '</p>';
		}
		if ( ! is_array( $value ) ) {
			return '<p>' . nl2br( esc_html( is_bool( $value ) ? ( $value ? __( 'yes', 'escalation-bridge' ) : __( 'no', 'escalation-bridge' ) ) : self::format_if_time( (string) $value ) ) ) . '</p>';
		}
		$html = '<dl>';
		foreach ( $value as $key => $item ) {
			$flat  = is_array( $item ) && $item && ! array_filter( $item, 'is_array' );
			$label = is_int( $key ) ? '' : '<dt>' . esc_html( ucfirst( str_replace( '_', ' ', self::label_for( 'packet', $key ) ) ) ) . '</dt>';
			$html .= $label . '<dd>' . ( $flat ? '<p>' . esc_html( implode( ' · ', array_map( array( self::class, 'format_if_time' ), array_map( 'strval', array_filter( $item, 'is_scalar' ) ) ) ) ) . '</p>' : self::packet_value( $item ) ) . '</dd>';
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
			$html .= '<li class="escbridge-' . esc_attr( $line['who'] ) . ( $line['shown'] ? '' : ' escbridge-unshown' ) . '"><div class="escbridge-meta">';
			$html .= '<strong>' . esc_html( $line['name'] ?: $names[ $line['who'] ] ?? $line['who'] ) . '</strong> <time>' . esc_html( self::format_time( $line['at'] ) ) . '</time>';
			$html .= $line['shown'] ? '' : ' <em>' . esc_html__( 'not shown to the visitor', 'escalation-bridge' ) . '</em>';
			$html .= '</div><div class="escbridge-text">' . nl2br( esc_html( $line['text'] ) ) . '</div></li>';
		}
		return $html . '</ol>';
	}

	private static function forms( array $one ): void {
		$id = $one['id'];
		if ( ! in_array( $one['state'], array( 'open', 'claimed' ), true ) ) {
			return;
		}
		$text  = (string) get_transient( self::draft_key( $id ) );
		$claim = '';
		if ( 'open' === $one['state'] ) {
			$claim = self::form( $id, 'claim', __( 'Claim', 'escalation-bridge' ), '<p>' . esc_html__( 'Nobody has this yet.', 'escalation-bridge' ) . '</p>', 'button button-primary' );
		}
		$reply = '<label for="escbridge-reply"><strong>' . esc_html__( 'Your answer', 'escalation-bridge' ) . '</strong></label><textarea id="escbridge-reply" name="text" rows="4" maxlength="4000" required>' . esc_textarea( $text ) . '</textarea><input type="hidden" name="heard" value="' . count( wp_list_filter( $one['conversation'], array( 'who' => 'visitor' ) ) ) . '">';
		$reply = self::form( $id, 'reply', __( 'Send to the visitor', 'escalation-bridge' ), $reply, 'open' === $one['state'] ? 'button' : 'button button-primary' );
		$note  = '<label for="escbridge-note">' . esc_html__( 'Note (optional)', 'escalation-bridge' ) . '</label><input type="text" class="regular-text" id="escbridge-note" name="note" maxlength="500">';
		$ends  = self::form( $id, 'resolve', __( 'Resolve', 'escalation-bridge' ), $note ) . self::form( $id, 'release', __( 'Release to the assistant', 'escalation-bridge' ) );
		echo wp_kses( '<div class="escbridge-forms">' . $claim . $reply . '<div class="escbridge-ends">' . $ends . '</div></div>', self::allowed_html() );
	}

	private static function draft_key( string $id ): string {
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
		echo '<div class="postbox ' . esc_attr( $classes ) . '"><div class="postbox-header"><h2>' . esc_html( $title ) . '</h2></div><div class="inside">' . wp_kses( $html, self::allowed_html() ) . '</div></div>';
	}

	/** What WordPress allows in a post, and our forms. */
	private static function allowed_html(): array {
		$ours = array(
			'time'     => array(),
			'form'     => array_fill_keys( array( 'method', 'action', 'class' ), true ),
			'input'    => array_fill_keys( array( 'type', 'name', 'value', 'id', 'class', 'maxlength' ), true ),
			'textarea' => array_fill_keys( array( 'name', 'id', 'rows', 'maxlength', 'required' ), true ),
		);
		return $ours + wp_kses_allowed_html( 'post' );
	}

	private static function customer_name( array $customer ): string {
		return $customer['name'] ?: $customer['email'] ?: __( 'Anonymous visitor', 'escalation-bridge' );
	}

	private static function customer_pills( array $customer ): string {
		$html  = '<span class="escbridge-marks">' . self::pill( $customer['tier'] );
		$typed = 'verified' !== ( $customer['email_identity'] ?? $customer['identity'] );
		if ( $customer['tier_assumed'] ) {
			$html .= self::warning_pill( __( 'assumed', 'escalation-bridge' ), __( 'The CRM did not answer, so the highest tier is assumed.', 'escalation-bridge' ) );
		}
		if ( $typed && ( $customer['email'] || $customer['phone'] || $customer['name'] ) ) {
			$html .= self::warning_pill( __( 'UNVERIFIED', 'escalation-bridge' ), __( 'The visitor typed this; nobody has checked it.', 'escalation-bridge' ) );
		}
		return $html . '</span>';
	}

	/** A word with its meaning, for who points at it and for who listens: a tooltip alone is read to nobody. */
	private static function warning_pill( string $word, string $meaning ): string {
		return '<span class="escbridge-pill escbridge-pill-warn" title="' . esc_attr( $meaning ) . '">' . esc_html( $word ) . '<span class="screen-reader-text"> ' . esc_html( $meaning ) . '</span></span>';
	}

	private static function priority( string $priority ): string {
		return self::pill( self::label_for( 'priority', $priority ), 'escbridge-priority-' . sanitize_html_class( $priority ) );
	}

	private static function commitment( array $promise ): string {
		$due   = (int) strtotime( $promise['due_at'] );
		$span  = human_time_diff( time(), $due );
		$html  = '<span class="escbridge-due">' . esc_html( self::format_time( $promise['due_at'] ) ) . '</span>';
		$html .= self::pill( self::label_for( 'promise', $promise['state'] ), 'escbridge-promise-' . sanitize_html_class( $promise['state'] ) );
		if ( 'pending' !== $promise['state'] ) {
			return $html;
		}
		return $html . ( $due >= time()
			/* translators: %s: span of time */
			? self::second_line( sprintf( __( 'in %s', 'escalation-bridge' ), $span ) )
			/* translators: %s: span of time */
			: ' ' . self::pill( sprintf( __( '%s overdue', 'escalation-bridge' ), $span ), 'escbridge-pill-off' ) );
	}

	/** An instant in the site's zone and format, with the zone's short name. */
	public static function format_time( string $instant ): string {
		$time = strtotime( $instant );
		return $time ? (string) wp_date( get_option( 'date_format' ) . ' ' . get_option( 'time_format' ) . ' T', $time ) : '';
	}

	private static function format_if_time( string $text ): string {
		return preg_match( '/^\d{4}-\d\d-\d\dT[\d:.]+Z$/D', $text ) ? self::format_time( $text ) : $text;
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
			self::notice( 'error', self::error_text( $code ) );
		}
	}

	public static function notice( string $kind, string $text ): void {
		echo '<div class="notice notice-' . esc_attr( $kind ) . ' is-dismissible"><p>' . esc_html( $text ) . '</p></div>';
	}

	/** What is to be shown did not come. @param array<string,mixed> $answer Of the client. */
	private static function fetch_notice( array $answer ): void {
		self::notice( 'error', $answer['down'] ? ConnectionTest::error_text( $answer, Settings::pairing() ) : self::error_text( (string) $answer['error'] ) );
	}

	/** A cause of the client or a problem of the sidecar, in words for whoever works here. */
	public static function error_text( string $code ): string {
		$words = array(
			'escalation-closed'    => __( 'This escalation was resolved or released already; nothing was changed.', 'escalation-bridge' ),
			'already-claimed'      => __( 'Somebody else has claimed this already; nothing was changed.', 'escalation-bridge' ),
			'escalation-not-found' => __( 'There is no such escalation.', 'escalation-bridge' ),
			'wrong-scope'          => __( 'The admin secret is not one; pair again.', 'escalation-bridge' ),
			'not-found'            => __( 'There is no such escalation.', 'escalation-bridge' ),
			'hours-wrong'          => __( 'The time must lie ahead, within 366 days; nothing was changed.', 'escalation-bridge' ),
			'command-not-found'    => __( 'This is over or revoked already; nothing was changed.', 'escalation-bridge' ),
			'too-many-commands'    => __( 'A hundred such orders hold already: revoke some first.', 'escalation-bridge' ),
			'stale'                => CallPage::text( 'stale' ),
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

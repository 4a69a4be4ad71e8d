<?php
/** Tools > Export and Erase Personal Data, answered by the sidecar; and what the owner may say in the privacy policy. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Privacy {

	const SLUG    = 'escalation-bridge';
	const TIMEOUT = 15.0; // Seconds. A person with many conversations takes a while, and only the owner's page waits.

	public static function exporters( $tools ): array {
		$ours = array( 'exporter_friendly_name' => __( 'Escalation Bridge', 'escalation-bridge' ), 'callback' => array( self::class, 'export' ) );
		return (array) $tools + array( self::SLUG => $ours );
	}

	public static function erasers( $tools ): array {
		$ours = array( 'eraser_friendly_name' => __( 'Escalation Bridge', 'escalation-bridge' ), 'callback' => array( self::class, 'erase' ) );
		return (array) $tools + array( self::SLUG => $ours );
	}

	/** A page of the export. The sidecar names the next page by a mark, WordPress by a number: the mark is kept in between. */
	public static function export( string $email, int $page = 1 ) {
		if ( null === Settings::pairing() ) {
			return array( 'data' => array(), 'done' => true );
		}
		$mark  = 'escbridge_export_' . md5( wp_hash( strtolower( $email ) ) );
		$after = 1 === $page ? '' : get_transient( $mark );
		if ( false === $after ) {
			return new \WP_Error( 'escbridge_export', __( 'The export took too long; please begin it anew.', 'escalation-bridge' ) );
		}
		$answer = self::request( 'export', self::person( $email ) + array( 'after' => (string) $after ) );
		if ( ! $answer['ok'] ) {
			return new \WP_Error( 'escbridge_export', self::failure_text( $answer ) );
		}
		$next = (string) ( $answer['data']['next_after'] ?? '' );
		set_transient( $mark, $next, HOUR_IN_SECONDS );
		if ( '' === $next ) {
			delete_transient( $mark );
		}
		$crm  = 1 === $page ? (array) $answer['data']['crm'] : array(); // Every page names it anew.
		$kept = 1 === $page ? Outbox::rows_of_person( $email ) : array();
		$data = array_merge(
			array_map( array( self::class, 'queued_item' ), $kept, array_keys( $kept ) ),
			array_map( array( self::class, 'conversation_item' ), (array) $answer['data']['sessions'] ),
			array_map( array( self::class, 'account_item' ), $crm )
		);
		return array( 'data' => $data, 'done' => '' === $next );
	}

	/** What stays is said: a conversation that somebody still owes an answer, a ticket in a helpdesk, everything when nothing answers. */
	public static function erase( string $email, int $page = 1 ): array {
		$kept = Outbox::erase( $email ) > 0;
		if ( null === Settings::pairing() ) {
			return self::erase_result( $kept, array() );
		}
		$person = self::person( $email );
		$answer = self::request( Client::with_home( 'erase' ), $person );
		if ( ! $answer['ok'] ) {
			return self::erase_result( $kept, array( 'escalation-open' === $answer['error'] ? self::still_open_text( (string) ( $answer['data']['escalation_id'] ?? '' ) ) : self::failure_text( $answer ) ) );
		}
		if ( isset( $person['user_id'] ) ) {
			delete_transient( 'escbridge_shop_' . $person['user_id'] );
		}
		return self::erase_result( $kept || array_sum( (array) $answer['data']['removed'] ) > 0, array_map( array( self::class, 'ticket_task' ), (array) $answer['data']['tasks'] ) );
	}

	/** @return array<string,string> Whoever has this address, and the user whose it is. */
	private static function person( string $email ): array {
		$user = get_user_by( 'email', $email );
		return array( 'email' => $email ) + ( $user ? array( 'user_id' => (string) $user->ID ) : array() );
	}

	private static function request( string $what, array $body ): array {
		return Plugin::client()->admin( 'POST', '/v1/privacy/' . $what, $body, self::TIMEOUT );
	}

	private static function failure_text( array $answer ): string {
		return __( 'The conversations in the chat could not be looked up, so they are as they were:', 'escalation-bridge' ) . ' ' . ConnectionTest::error_text( $answer, Settings::pairing() );
	}

	private static function still_open_text( string $escalation ): string {
		/* translators: %s: id of an escalation */
		return sprintf( __( 'Nothing was erased in the chat: somebody still owes this person an answer (%s). Resolve it under Escalations, then erase once more.', 'escalation-bridge' ), $escalation );
	}

	/** @param array<string,string|null> $task A ticket that is not ours to delete. */
	private static function ticket_task( array $task ): string {
		if ( empty( $task['ref'] ) ) {
			/* translators: 1: name of a helpdesk, 2: id to look for */
			return sprintf( __( 'To do in %1$s: look for a ticket with the id %2$s and erase it there. It is not known whether it arrived.', 'escalation-bridge' ), (string) $task['desk'], (string) $task['external_id'] );
		}
		/* translators: 1: name of a helpdesk, 2: number and address of a ticket */
		return sprintf( __( 'To do in %1$s: erase the ticket %2$s there.', 'escalation-bridge' ), (string) $task['desk'], trim( $task['ref'] . ' ' . ( $task['url'] ?? '' ) ) );
	}

	/** @param string[] $messages Why something stays. */
	private static function erase_result( bool $removed, array $messages ): array {
		return array(
			'items_removed'  => $removed,
			'items_retained' => array() !== $messages,
			'messages'       => array_map( 'esc_html', $messages ),
			'done'           => true,
		);
	}

	private static function conversation_item( array $session ): array {
		$visitor = $session['visitor'] + array( 'phone' => $session['phone'] );
		$fields  = array(
			__( 'Began', 'escalation-bridge' )    => Admin::format_time( $session['started_at'] ),
			__( 'Identity', 'escalation-bridge' ) => self::identity( $visitor['email_identity'] ?? $visitor['identity'] ),
		) + self::person_fields( $visitor, implode( "\n", self::transcript_lines( $session ) ) );
		return self::item( 'escbridge-conversations', __( 'Conversations in the chat', 'escalation-bridge' ), __( 'An address that somebody only typed may be another person’s: look before you hand it over.', 'escalation-bridge' ), (string) $session['id'], $fields, $session );
	}

	private static function queued_item( array $row, int $post ): array {
		$fields = self::person_fields( $row['contact'] ?? array(), $row['text'] );
		return self::item( 'escbridge-kept', __( 'Messages waiting in WordPress', 'escalation-bridge' ), '', 'kept-' . $post, $fields, $row );
	}

	private static function person_fields( array $person, string $said ): array {
		return array(
			__( 'Name', 'escalation-bridge' )         => (string) ( $person['name'] ?? '' ),
			__( 'E-mail', 'escalation-bridge' )       => (string) ( $person['email'] ?? '' ),
			__( 'Phone', 'escalation-bridge' )        => (string) ( $person['phone'] ?? '' ),
			__( 'Conversation', 'escalation-bridge' ) => $said,
		);
	}

	private static function account_item( array $known ): array {
		$email = (string) $known['email'];
		return self::item( 'escbridge-crm', __( 'What the CRM told the chat', 'escalation-bridge' ), '', 'crm-' . md5( $email ), array( __( 'E-mail', 'escalation-bridge' ) => $email ), $known['account'] );
	}

	/** What people look for in words; after it the whole record, whatever it is, so that nothing is left out. */
	private static function item( string $group, string $label, string $description, string $id, array $fields, $record ): array {
		$data   = array();
		$record = (string) wp_json_encode( $record, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRETTY_PRINT );

		$fields[ __( 'Whole record', 'escalation-bridge' ) ] = $record;
		foreach ( array_filter( $fields, 'strlen' ) as $name => $value ) {
			$value  = nl2br( esc_html( $value ) );
			$data[] = compact( 'name', 'value' );
		}
		return array(
			'group_id'          => $group,
			'group_label'       => $label,
			'group_description' => $description,
			'item_id'           => $id,
			'data'              => $data,
		);
	}

	private static function identity( string $identity ): string {
		$words = array(
			'verified'  => __( 'logged in', 'escalation-bridge' ),
			'claimed'   => __( 'typed, and verified by nobody', 'escalation-bridge' ),
			'anonymous' => __( 'not told', 'escalation-bridge' ),
		);
		return $words[ $identity ] ?? $identity;
	}

	/** What was said, in its order: messages, the assistant's replies, the team's answers and notices. */
	private static function transcript_lines( array $session ): array {
		$said = array();
		foreach ( (array) $session['turns'] as $turn ) {
			$said[] = array( $turn['at'], __( 'Visitor', 'escalation-bridge' ), $turn['text'] );
			if ( ! empty( $turn['reply'] ) ) {
				$said[] = array( $turn['reply']['at'], __( 'Assistant', 'escalation-bridge' ), $turn['reply']['text'] );
			}
		}
		foreach ( (array) $session['events'] as $event ) {
			$said[] = array( $event['at'], empty( $event['author'] ) ? __( 'Support', 'escalation-bridge' ) : $event['author'], $event['text'] );
		}
		usort( $said, static fn( array $one, array $other ): int => strcmp( $one[0], $other[0] ) );
		return array_map( static fn( array $line ): string => Admin::format_time( $line[0] ) . ' ' . $line[1] . ': ' . $line[2], $said );
	}

	public static function suggest_policy(): void {
		$paragraphs = array(
			__( 'Our chat is answered by an assistant and, where needed, by our team. Nothing is stored or sent before you open it. Then we store what you write, the answers, the language, time zone and page, and, if you are logged in, your name, e-mail address and latest orders; if you give us an address, a phone number or a time for a call, these too.', 'escalation-bridge' ),
			__( 'This is kept on a server that we run ourselves, so that a person can take over with knowledge of what was said and keep what we promised you. When a person takes over, the conversation is passed on to our helpdesk. [Name the helpdesk, the CRM, the provider of the assistant’s model and the mail service that you use, or take this sentence out.]', 'escalation-bridge' ),
			__( 'Conversations are erased after 400 days. [Change this if BRIDGE_RETENTION_DAYS says otherwise.] You may ask us for everything that is stored about you, and have it erased.', 'escalation-bridge' ),
			__( 'Your browser keeps the conversation, so that you find it again on the next page. The chat sets no cookie and asks nothing of other sites.', 'escalation-bridge' ),
		);
		wp_add_privacy_policy_content( __( 'Escalation Bridge', 'escalation-bridge' ), wp_kses_post( '<p>' . implode( '</p><p>', array_map( 'esc_html', $paragraphs ) ) . '</p>' ) );
	}
}

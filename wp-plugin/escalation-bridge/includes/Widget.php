<?php
/**
 * Puts the chat's button on a page; it loads the window when that is opened. What it prints is the same for every visitor, so pages may be cached; only pages
 * rendered for a logged-in user carry that user's nonce.
 */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Widget {

	const HANDLE = 'escbridge-chat';

	public static function register(): void {
		if ( ! Settings::is_paired() ) {
			return;
		}
		$how = array( 'strategy' => 'defer', 'in_footer' => true );
		wp_register_script( self::HANDLE, plugins_url( 'assets/launcher.js', ESCBRIDGE_FILE ), array(), ESCBRIDGE_VERSION, $how );
		add_action( 'wp_footer', array( self::class, 'print_config' ), 19 ); // The scripts come at 20; a pop-up may bring the shortcode before.
		$where = Settings::where();
		$pages = Settings::all()['pages'];
		if ( 'all' === $where || ( 'pages' === $where && $pages && is_page( $pages ) ) ) {
			wp_enqueue_script( self::HANDLE );
		}
	}

	/** Data, not script: it passes a strict Content-Security-Policy. */
	public static function print_config(): void {
		if ( wp_script_is( self::HANDLE ) ) {
			$set = array( 'type' => 'application/json', 'id' => 'escbridge-config' );
			wp_print_inline_script_tag( (string) wp_json_encode( self::config(), JSON_HEX_TAG | JSON_HEX_AMP ), $set );
		}
	}

	/** The block of the editor: the same button. */
	public static function register_block(): void {
		wp_register_script( 'escbridge-block', plugins_url( 'assets/block.js', ESCBRIDGE_FILE ), array( 'wp-blocks', 'wp-element', 'wp-block-editor' ), ESCBRIDGE_VERSION, true );
		$config = array( 'title' => __( 'Chat with the team', 'escalation-bridge' ), 'button' => __( 'Chat with us', 'escalation-bridge' ) );
		wp_add_inline_script( 'escbridge-block', 'window.escbridgeBlock=' . wp_json_encode( $config ) . ';', 'before' );
		$block = array( 'api_version' => 3, 'editor_script' => 'escbridge-block', 'render_callback' => array( self::class, 'shortcode' ) );
		register_block_type( 'escalation-bridge/chat', $block );
	}

	public static function shortcode(): string {
		if ( ! Settings::is_paired() || is_feed() ) {
			return '';
		}
		wp_enqueue_script( self::HANDLE );
		return '<p><button type="button" class="wp-element-button" data-escbridge-open>' . esc_html__( 'Chat with us', 'escalation-bridge' ) . '</button></p>';
	}

	private static function config(): array {
		preg_match( '/^[a-z]{2,3}([_-]([a-z]{2}|[a-z]{4}|\d{3})(?![a-z0-9]))?/i', determine_locale(), $tag ); // pt_PT_ao90 is no tag.
		$config = array(
			'root'     => esc_url_raw( rest_url( Rest::REST_NAMESPACE ) ),
			'site'     => get_option( 'siteurl' ), // What the browser keeps is found by it: permalinks and the REST API's address may change.
			'js'       => plugins_url( 'assets/chat.js', ESCBRIDGE_FILE ) . '?ver=' . ESCBRIDGE_VERSION,
			'css'      => plugins_url( 'assets/chat.css', ESCBRIDGE_FILE ) . '?ver=' . ESCBRIDGE_VERSION,
			'title'    => wp_specialchars_decode( get_bloginfo( 'name' ), ENT_QUOTES ),
			'greeting' => Settings::greeting(),
			'locale'   => str_replace( '_', '-', $tag[0] ?? 'en' ),
			'text'     => self::texts(),
		);
		if ( is_user_logged_in() ) {
			$config['nonce'] = wp_create_nonce( 'wp_rest' );
			$config['renew'] = admin_url( 'admin-ajax.php?action=rest-nonce', 'relative' ); // WordPress's own: a nonce lasts a day, a page may be open for longer.
			$config['who']   = substr( wp_hash( 'escbridge' . get_current_user_id() ), 0, 12 );
		}
		return $config;
	}

	private static function texts(): array {
		return array(
			'open'       => __( 'Open chat', 'escalation-bridge' ),
			'close'      => __( 'Close chat', 'escalation-bridge' ),
			'dialog'     => __( 'Chat', 'escalation-bridge' ),
			'log'        => __( 'Conversation', 'escalation-bridge' ),
			'label'      => __( 'Your message', 'escalation-bridge' ),
			'labelTeam'  => __( 'Add a message for the team', 'escalation-bridge' ),
			'hint'       => __( 'Write a message…', 'escalation-bridge' ),
			'hintTeam'   => __( 'Add something for the team…', 'escalation-bridge' ),
			'send'       => __( 'Send', 'escalation-bridge' ),
			'you'        => __( 'You', 'escalation-bridge' ),
			'assistant'  => __( 'Assistant', 'escalation-bridge' ),
			'agent'      => __( 'Support team', 'escalation-bridge' ),
			'service'    => __( 'Message', 'escalation-bridge' ),
			'statusOpen' => __( 'Ask us anything', 'escalation-bridge' ),
			'statusWait' => __( 'A person will answer', 'escalation-bridge' ),
			'statusEnd'  => __( 'Conversation ended', 'escalation-bridge' ),
			'statusDown' => __( 'Leave us a message', 'escalation-bridge' ),
			'promise'    => __( 'A person is taking over', 'escalation-bridge' ),
			'promiseNew' => __( 'New time', 'escalation-bridge' ),
			'typing'     => __( 'An answer is being written', 'escalation-bridge' ),
			'sending'    => __( 'Sending…', 'escalation-bridge' ),
			'kept'       => __( 'Kept. It is delivered as soon as possible.', 'escalation-bridge' ),
			'notSent'    => __( 'Not delivered yet.', 'escalation-bridge' ),
			'barred'     => __( 'Something in front of this website refuses your message. Please put it in other words, or leave us your address and a person will get back to you.', 'escalation-bridge' ),
			'retry'      => __( 'Try again', 'escalation-bridge' ),
			'offline'    => __( 'You are offline. Your message will be sent when you are back.', 'escalation-bridge' ),
			'released'   => __( 'The team has handed the conversation back to the assistant.', 'escalation-bridge' ),
			'closed'     => __( 'This conversation has ended.', 'escalation-bridge' ),
			'person'     => __( 'Talk to a person', 'escalation-bridge' ),
			'again'      => __( 'Start a new conversation', 'escalation-bridge' ),
			'save'       => __( 'Save conversation', 'escalation-bridge' ),
			'end'        => __( 'End conversation', 'escalation-bridge' ),
			'formTitle'  => __( 'How can we reach you?', 'escalation-bridge' ),
			'formDown'   => __( 'Leave us your address', 'escalation-bridge' ),
			'formHint'   => __( 'So that our answer finds you, even when you leave this page.', 'escalation-bridge' ),
			'formEmail'  => __( 'E-mail', 'escalation-bridge' ),
			'formPhone'  => __( 'Phone', 'escalation-bridge' ),
			'formName'   => __( 'Name', 'escalation-bridge' ),
			'optional'   => __( '(optional)', 'escalation-bridge' ),
			'formSend'   => __( 'Send', 'escalation-bridge' ),
			'formNeed'   => __( 'Please enter an e-mail address or a phone number.', 'escalation-bridge' ),
			'formWrong'  => CallPage::text( 'address' ),
			'formSaved'  => __( 'Thank you. We will use this to reach you.', 'escalation-bridge' ),
			'formFailed' => __( 'That did not work. Please try again in a few minutes.', 'escalation-bridge' ),
			'callTitle'  => __( 'Would you like a call?', 'escalation-bridge' ),
			'callHint'   => __( 'Choose a time, and we call you then.', 'escalation-bridge' ),
			'callOpen'   => __( 'Choose a time for a call', 'escalation-bridge' ),
			'callBooked' => CallPage::text( 'book' ),
			'callOther'  => __( 'Choose another time', 'escalation-bridge' ),
			'callBook'   => __( 'Book this call', 'escalation-bridge' ),
			'callNeed'   => CallPage::text( 'no-slot' ),
			'callNone'   => CallPage::text( 'no-slots' ),
			'callPhone'  => CallPage::text( 'phone' ),
			'unread'     => __( 'New message', 'escalation-bridge' ),
		);
	}
}

<?php
/** Settings > Escalation Bridge, and where the pairing code is looked up: environment, constant, option. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Settings {

	const PAGE           = 'escalation-bridge';
	const OPTION         = 'escbridge_settings';
	const PAIRING_OPTION = 'escbridge_pairing'; // An option of its own, not autoloaded; an array, because wp-admin/options.php shows plain ones.
	const DEFAULTS       = array(
		'where'         => '', // Not chosen yet.
		'pages'         => array(),
		'greeting'      => '',
		'contact_email' => '',
		'knowledge'     => false,
		'paired'        => false,
		'unwatched'     => array(), // Slugs of the chat plugins that the owner does not want watched.
	);

	public static function all(): array {
		return array_merge( self::DEFAULTS, (array) get_option( self::OPTION, array() ) );
	}

	/** Where the chat shows: all, pages or shortcode. Before that is chosen it is nowhere beside another one: two buttons in one corner help nobody. */
	public static function where(): string {
		$chosen = (string) self::all()['where'];
		return '' !== $chosen ? $chosen : ( Adapters::with_window() ? 'shortcode' : 'all' );
	}

	public static function greeting(): string {
		$own = (string) self::all()['greeting'];
		return '' !== $own ? $own : __( 'Hello! How can we help?', 'escalation-bridge' );
	}

	public static function contact_email(): string {
		$own = (string) self::all()['contact_email'];
		return is_email( $own ) ? $own : (string) get_option( 'admin_email' );
	}

	/** Cheap: the stored secret is not read. */
	public static function is_paired(): bool {
		return self::is_fixed() ? null !== self::pairing() : ! empty( self::all()['paired'] );
	}

	/** @return array{url:string,site:string,chat_secret:string,admin_secret:string}|null */
	public static function pairing(): ?array {
		$fixed = self::fixed_code();
		return self::decode( '' !== $fixed ? $fixed : self::stored_code() );
	}

	private static function stored_code(): string {
		$kept = get_option( self::PAIRING_OPTION, array() );
		return is_array( $kept ) ? (string) ( $kept['code'] ?? '' ) : '';
	}

	/** Whether the code is set by the machine's owner. */
	public static function is_fixed(): bool {
		return '' !== self::fixed_code();
	}

	/** The code that the machine's owner set, which wins over the field. */
	private static function fixed_code(): string {
		$name = self::fixed_name();
		$code = (string) getenv( $name );
		if ( '' === $code && defined( $name ) ) {
			$code = (string) constant( $name );
		}
		return trim( $code );
	}

	/** Its name in the environment and in wp-config.php: each further site of a network has its own, for a code is one site's. */
	public static function fixed_name(): string {
		return is_main_site() ? 'ESCBRIDGE_PAIRING' : 'ESCBRIDGE_PAIRING_' . get_current_blog_id();
	}

	/** Reads esc1.<base64url of JSON>; null when it is not a whole and sound code. */
	public static function decode( string $code ): ?array {
		$code = (string) preg_replace( '/[^A-Za-z0-9._-]+/', '', $code ); // as a terminal, a chat or a letter wraps and quotes what is copied from it
		if ( ! preg_match( '/esc1\.([A-Za-z0-9_-]+)/', $code, $part ) ) {
			return null;
		}
		$data = json_decode( (string) base64_decode( strtr( $part[1], '-_', '+/' ), true ), true );
		foreach ( array( 'url', 'site', 'chat_secret', 'admin_secret' ) as $key ) {
			if ( ! isset( $data[ $key ] ) || ! is_string( $data[ $key ] ) ) {
				return null;
			}
		}
		$short = strlen( $data['chat_secret'] ) < 32 || strlen( $data['admin_secret'] ) < 32;
		if ( $short || ! self::sound_url( $data['url'] ) || ! preg_match( '/^[A-Za-z0-9._-]{1,64}$/D', $data['site'] ) ) {
			return null;
		}
		return $data;
	}

	public static function encode( array $pairing ): string {
		return 'esc1.' . Signer::base64url( (string) wp_json_encode( $pairing ) );
	}

	/** Only what WordPress sends as it stands, so that the signed target is the sent one. */
	private static function sound_url( string $url ): bool {
		return (bool) preg_match( '#^https?://[A-Za-z0-9.\[\]:-]+(/[A-Za-z0-9._~/-]*)?$#D', $url ) && is_string( wp_parse_url( $url, PHP_URL_HOST ) );
	}

	public static function menu(): void {
		$name = __( 'Escalation Bridge', 'escalation-bridge' );
		add_options_page( $name, $name, 'manage_options', self::PAGE, array( self::class, 'render' ) );
	}

	public static function url(): string {
		return admin_url( 'options-general.php?page=' . self::PAGE );
	}

	/** @param string[] $links */
	public static function add_action_link( $links ): array {
		return array_merge( array( '<a href="' . esc_url( self::url() ) . '">' . esc_html__( 'Settings', 'escalation-bridge' ) . '</a>' ), (array) $links );
	}

	public static function register(): void {
		$how = array( 'type' => 'array', 'default' => self::DEFAULTS, 'sanitize_callback' => array( self::class, 'sanitize' ) );
		register_setting( 'escbridge', self::OPTION, $how );
		add_settings_section( 'connection', esc_html__( 'Connection', 'escalation-bridge' ), '__return_empty_string', self::PAGE );
		self::add_field( 'connection', 'show_state', __( 'State', 'escalation-bridge' ) );
		self::add_field( 'connection', 'show_code', __( 'Pairing code', 'escalation-bridge' ), 'escbridge-code' );
		add_settings_section( 'chat', esc_html__( 'Chat', 'escalation-bridge' ), '__return_empty_string', self::PAGE );
		self::add_field( 'chat', 'show_where', __( 'Where the chat shows', 'escalation-bridge' ) );
		self::add_field( 'chat', 'show_greeting', __( 'Greeting', 'escalation-bridge' ), 'escbridge-greeting' );
		self::add_field( 'chat', 'show_email', __( 'Contact e-mail', 'escalation-bridge' ), 'escbridge-email' );
		self::add_field( 'chat', 'show_bots', __( 'Chatbots on this site', 'escalation-bridge' ) );
		self::add_field( 'chat', 'show_knowledge', __( 'Answers', 'escalation-bridge' ) );
	}

	private static function add_field( string $section, string $method, string $title, string $label_for = '' ): void {
		add_settings_field( $method, esc_html( $title ), array( self::class, $method ), self::PAGE, $section, compact( 'label_for' ) );
	}

	/** The pairing code is taken out and kept apart; what is returned holds no secret. */
	public static function sanitize( $input ): array {
		$input = is_array( $input ) ? $input : array();
		$email = sanitize_email( (string) ( $input['contact_email'] ?? '' ) );
		if ( ! empty( $input['contact_email'] ) && '' === $email ) {
			add_settings_error( 'escbridge', 'email', __( 'The contact address is not an e-mail address; the site’s own is used.', 'escalation-bridge' ) );
		}
		$code  = trim( (string) ( $input['pairing_code'] ?? '' ) );
		$fault = '' === $code ? '' : self::save_code( $code );
		if ( '' !== $fault ) {
			add_settings_error( 'escbridge', 'code', $fault );
		}
		return array(
			'where'         => in_array( $input['where'] ?? '', array( 'all', 'pages', 'shortcode' ), true ) ? $input['where'] : '',
			'pages'         => array_values( array_filter( array_map( 'absint', (array) ( $input['pages'] ?? array() ) ) ) ),
			'greeting'      => sanitize_textarea_field( (string) ( $input['greeting'] ?? '' ) ),
			'contact_email' => $email,
			'knowledge'     => ! empty( $input['knowledge'] ),
			'paired'        => null !== self::decode( self::stored_code() ),
			'unwatched'     => isset( $input['watched'] ) ? self::unwatched( (array) $input['watched'] ) : (array) ( $input['unwatched'] ?? self::all()['unwatched'] ),
		);
	}

	/** What the owner has not ticked; of a plugin that is switched off now, what was chosen before. */
	private static function unwatched( array $watched ): array {
		$active = array_keys( Adapters::active() );
		return array_values( array_merge( array_diff( (array) self::all()['unwatched'], $active ), array_diff( $active, $watched ) ) );
	}

	/** Why the site is not paired. */
	public static function unpaired_text(): string {
		return self::is_fixed()
			/* translators: %s: name of a constant */
			? sprintf( __( 'What %s sets is not a whole pairing code, so the chat is not shown and nothing is contacted. Copy the code that “bridge site add” printed in one piece.', 'escalation-bridge' ), self::fixed_name() )
			: __( 'The chat is not shown and nothing is contacted until a pairing code is set.', 'escalation-bridge' );
	}

	public static function fixed_notice(): string {
		/* translators: %s: name of a constant */
		return sprintf( __( 'Set by %s in the environment or in wp-config.php, so it is not kept in the database.', 'escalation-bridge' ), self::fixed_name() );
	}

	/** Pairs without the settings page. Answers what is wrong with the code, and then the former one stays; else nothing. */
	public static function pair( string $code ): string {
		$fault = self::save_code( $code );
		if ( '' === $fault ) {
			update_option( self::OPTION, array( 'paired' => true ) + (array) get_option( self::OPTION, array() ) );
		}
		return $fault;
	}

	private static function save_code( string $code ): string {
		$pairing = self::decode( $code );
		if ( null === $pairing ) {
			return __( 'That is not a whole pairing code. It starts with “esc1.” and is printed by “bridge site add”; copy it in one piece. Nothing was changed.', 'escalation-bridge' );
		}
		$other = is_multisite() ? self::paired_elsewhere( $pairing ) : '';
		if ( '' !== $other ) {
			/* translators: %s: address of another site of the network */
			return sprintf( __( 'This code belongs to %s. Each site of a network needs one of its own: run “bridge site add” for this one.', 'escalation-bridge' ), $other );
		}
		update_option( self::PAIRING_OPTION, array( 'code' => $code ), false );
		Plugin::reset();
		return '';
	}

	/** The address of another site of the network that has been paired as the same one; conversations would mix. */
	private static function paired_elsewhere( array $pairing ): string {
		foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0, 'site__not_in' => array( get_current_blog_id() ) ) ) as $site ) {
			switch_to_blog( (int) $site );
			$known = self::pairing();
			$url   = home_url();
			restore_current_blog();
			if ( null !== $known && $known['site'] === $pairing['site'] && $known['url'] === $pairing['url'] ) {
				return $url;
			}
		}
		return '';
	}

	public static function enqueue_assets( $hook = '' ): void {
		if ( 'settings_page_' . self::PAGE !== $hook ) {
			return;
		}
		Admin::enqueue_style();
		wp_enqueue_script( 'escbridge-admin', plugins_url( 'assets/admin.js', ESCBRIDGE_FILE ), array(), ESCBRIDGE_VERSION, true );
		$config = array(
			'url'   => esc_url_raw( rest_url( Rest::REST_NAMESPACE . '/test' ) ),
			'pages' => esc_url_raw( rest_url( Rest::REST_NAMESPACE . '/pages' ) ),
			'nonce' => wp_create_nonce( 'wp_rest' ),
			'text'  => array(
				'testing' => __( 'Testing…', 'escalation-bridge' ),
				'chat'    => __( 'Chat secret:', 'escalation-bridge' ),
				'admin'   => __( 'Admin secret:', 'escalation-bridge' ),
				'failed'  => __( 'The test itself failed:', 'escalation-bridge' ),
				'nonce'   => __( 'WordPress did not see that you are logged in. Reload this page. If that does not help, a proxy, a firewall or a security plugin takes the header X-WP-Nonce away: have it let this header through as browsers send it.', 'escalation-bridge' ),
				'again'   => __( 'That did not work. Please try again in a few minutes.', 'escalation-bridge' ),
			),
		);
		wp_add_inline_script( 'escbridge-admin', 'window.escbridgeAdmin=' . wp_json_encode( $config ) . ';', 'before' );
	}

	public static function render(): void {
		if ( ! current_user_can( 'manage_options' ) ) {
			return;
		}
		echo '<div class="wrap escbridge-settings"><h1>' . esc_html__( 'Escalation Bridge', 'escalation-bridge' ) . '</h1>';
		echo '<form method="post" action="options.php" autocomplete="off">';
		settings_fields( 'escbridge' );
		do_settings_sections( self::PAGE );
		submit_button();
		echo '</form>';
		Renewal::render_form();
		echo '</div>';
	}

	private static function description( string $text ): void {
		echo '<p class="description">' . esc_html( $text ) . '</p>';
	}

	/** @param string $name Within the option; with [] where there are several. */
	private static function choice_field( string $type, string $name, string $value, bool $chosen, string $label ): void {
		printf( '<label><input type="%s" name="%s%s" value="%s" %s> %s</label>', esc_attr( $type ), esc_attr( self::OPTION ), esc_attr( $name ), esc_attr( $value ), checked( $chosen, true, false ), esc_html( $label ) );
	}

	public static function show_state(): void {
		$pairing = self::pairing();
		if ( null === $pairing ) {
			echo '<span class="escbridge-pill escbridge-pill-off">' . esc_html__( 'Not connected', 'escalation-bridge' ) . '</span>';
			self::description( self::unpaired_text() );
			return;
		}
		/* translators: 1: site id, 2: URL of the sidecar */
		echo '<p><strong>' . esc_html( sprintf( __( 'Site %1$s at %2$s', 'escalation-bridge' ), $pairing['site'], $pairing['url'] ) ) . '</strong></p>';
		/* translators: 1: last four characters of the chat secret, 2: of the admin secret */
		self::description( sprintf( __( 'Chat secret …%1$s, admin secret …%2$s', 'escalation-bridge' ), substr( $pairing['chat_secret'], -4 ), substr( $pairing['admin_secret'], -4 ) ) );
		echo '<p><button type="button" class="button" id="escbridge-test" disabled>' . esc_html__( 'Test the connection', 'escalation-bridge' ) . '</button> ';
		printf( '<button type="submit" class="button" form="escbridge-renewal" %s>%s</button></p>', disabled( self::is_fixed(), true, false ), esc_html__( 'Renew the secrets', 'escalation-bridge' ) );
		self::description( self::is_fixed() ? Renewal::fixed_notice() : __( 'Renewing takes some seconds, and no visitor notices. Links in mails that were sent before lead nowhere afterwards.', 'escalation-bridge' ) );
		echo '<div id="escbridge-test-result" role="status"></div>';
	}

	public static function show_code(): void {
		printf(
			'<input type="password" id="escbridge-code" class="large-text code" name="escbridge_settings[pairing_code]" value="" autocomplete="new-password" spellcheck="false" placeholder="esc1.…" %s>',
			disabled( self::is_fixed(), true, false )
		);
		self::description( self::is_fixed() ? self::fixed_notice() : __( 'Run “bridge site add” beside the sidecar and paste the code it prints. It is kept and never shown again; a new one replaces it.', 'escalation-bridge' ) );
	}

	public static function show_where(): void {
		$chosen  = (array) self::all()['pages'];
		$choices = array(
			'all'       => __( 'On all pages', 'escalation-bridge' ),
			'pages'     => __( 'On chosen pages', 'escalation-bridge' ),
			'shortcode' => __( 'Only where the shortcode [escalation_bridge] or the block “Chat with the team” stands', 'escalation-bridge' ),
		);
		echo '<fieldset><legend class="screen-reader-text">' . esc_html__( 'Where the chat shows', 'escalation-bridge' ) . '</legend>';
		foreach ( $choices as $value => $label ) {
			self::choice_field( 'radio', '[where]', $value, self::where() === $value, $label );
			echo '<br>';
		}
		foreach ( Adapters::with_window() as $adapter ) {
			/* translators: %s: name of a chat plugin */
			self::description( sprintf( __( '%s shows a window of its own on every page; where ours shows too, one button lies over the other.', 'escalation-bridge' ), $adapter::NAME ) );
		}
		echo '<div class="escbridge-pages" id="escbridge-pages">';
		foreach ( self::page_choices( $chosen ) as $page ) {
			self::choice_field( 'checkbox', '[pages][]', (string) $page->ID, in_array( (int) $page->ID, $chosen, true ), get_the_title( $page ) );
		}
		echo '</div></fieldset>';
	}

	/** Those that are chosen first, so that saving drops none: neither beyond the 200 others nor while it is a draft. */
	private static function page_choices( array $chosen ): array {
		$states = array( 'publish', 'private', 'future', 'pending', 'draft' );
		$first  = $chosen ? get_pages( array( 'include' => $chosen, 'post_status' => $states ) ) : array();
		return array_merge( (array) $first, (array) get_pages( array( 'number' => 200, 'hierarchical' => false, 'exclude' => $chosen ) ) );
	}

	public static function show_greeting(): void {
		printf(
			'<textarea id="escbridge-greeting" class="large-text" rows="2" maxlength="500" name="escbridge_settings[greeting]" placeholder="%s">%s</textarea>',
			esc_attr__( 'Hello! How can we help?', 'escalation-bridge' ),
			esc_textarea( (string) self::all()['greeting'] )
		);
	}

	public static function show_email(): void {
		printf(
			'<input type="email" id="escbridge-email" class="regular-text" name="escbridge_settings[contact_email]" value="%s" placeholder="%s">',
			esc_attr( (string) self::all()['contact_email'] ),
			esc_attr( (string) get_option( 'admin_email' ) )
		);
		self::description( __( 'This address gets a mail when messages wait because the sidecar cannot be reached, and what cannot be delivered later. If you set one, customers see it on the page of a call.', 'escalation-bridge' ) );
	}

	public static function show_bots(): void {
		echo '<input type="hidden" name="escbridge_settings[watched][]" value="">'; // So that the list is sent when nothing in it is ticked.
		foreach ( Adapters::active() as $slug => $adapter ) {
			/* translators: %s: name of a chat plugin */
			self::choice_field( 'checkbox', '[watched][]', $slug, ! in_array( $slug, self::all()['unwatched'], true ), sprintf( __( 'Watch %s', 'escalation-bridge' ), $adapter::NAME ) );
			self::description( $adapter::description() );
		}
		if ( ! Adapters::active() ) {
			self::description( __( 'None was found that is known here (AI Engine, MxChat, AxiaChat AI). Any other bot is connected by a few lines of PHP; see the project’s documentation.', 'escalation-bridge' ) );
		}
	}

	public static function show_knowledge(): void {
		self::choice_field( 'checkbox', '[knowledge]', '1', ! empty( self::all()['knowledge'] ), __( 'The sidecar’s assistant answers from the published pages, posts and products of this site', 'escalation-bridge' ) );
		self::description( __( 'They are sent to your sidecar as they change, and what fits a question goes on to its model. Drafts, private and protected content stay here.', 'escalation-bridge' ) );
		if ( Pages::is_on() ) {
			echo '<p id="escbridge-pages-result" role="status">' . esc_html( Pages::summary() ) . '</p>';
			echo '<p><button type="button" class="button" id="escbridge-send-pages" disabled>' . esc_html__( 'Send everything again', 'escalation-bridge' ) . '</button></p>';
		} elseif ( Pages::is_withdrawal_pending() ) {
			echo '<p>' . esc_html__( 'The sidecar did not answer when this was switched off, so it still has what was sent. It is taken back as soon as it answers.', 'escalation-bridge' ) . '</p>';
		}
	}
}

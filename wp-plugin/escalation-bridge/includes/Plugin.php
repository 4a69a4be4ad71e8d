<?php
/** Wires the hooks; holds nothing else. */

declare(strict_types=1);

namespace EscalationBridge;

defined( 'ABSPATH' ) || exit;

final class Plugin {

	/** @var array<int,Bridge> By the id of the network's site; a single site has the id 1. */
	private static $bridges = array();

	public static function boot(): void {
		add_action( 'init', array( self::class, 'load_textdomain' ) );
		add_filter( 'load_textdomain_mofile', array( Translations::class, 'nearest_file' ), 10, 2 );
		add_filter( 'user_has_cap', array( self::class, 'grant_capability' ) );
		add_action( 'before_woocommerce_init', array( Context::class, 'declare_compatibility' ) );
		add_action( 'rest_api_init', array( Rest::class, 'register' ) );
		add_action( 'rest_api_init', array( Webhooks::class, 'register' ) );
		add_filter( 'rest_post_dispatch', array( Rest::class, 'add_headers' ), 10, 3 );
		add_action( 'wp_enqueue_scripts', array( Widget::class, 'register' ) );
		add_action( 'template_redirect', array( CallPage::class, 'serve' ), 0 ); // Before core tidies the address.
		if ( isset( $_GET['escbridge_desk'] ) ) { // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- leads on and does nothing.
			add_action( 'template_redirect', array( Admin::class, 'follow_link' ), 0 );
		}
		add_shortcode( 'escalation_bridge', array( Widget::class, 'shortcode' ) );
		add_action( 'init', array( Widget::class, 'register_block' ) );
		add_action( 'rest_api_init', array( Health::class, 'register' ) );
		add_filter( 'site_status_tests', array( Health::class, 'add_tests' ) ); // Also of WP-Cron's weekly run.
		add_filter( 'debug_information', array( Health::class, 'debug_information' ) );
		add_filter( 'wp_privacy_personal_data_exporters', array( Privacy::class, 'exporters' ) );
		add_filter( 'wp_privacy_personal_data_erasers', array( Privacy::class, 'erasers' ) );
		add_action( 'wp_abilities_api_categories_init', array( Abilities::class, 'register_category' ) ); // From WordPress 6.9 on.
		add_action( 'wp_abilities_api_init', array( Abilities::class, 'register' ) );
		Outbox::boot();
		Adapters::boot();
		Pages::boot();
		if ( defined( 'WP_CLI' ) && WP_CLI ) {
			\WP_CLI::add_command( 'escbridge', Cli::class );
		}
		if ( is_admin() ) {
			self::boot_admin();
		}
	}

	public static function boot_admin(): void {
		add_action( 'admin_init', array( self::class, 'add_default_options' ) );
		add_action( 'admin_init', array( Settings::class, 'register' ) );
		add_action( 'admin_init', array( Privacy::class, 'suggest_policy' ) );
		add_action( 'admin_menu', array( Settings::class, 'menu' ) );
		add_action( 'admin_menu', array( Admin::class, 'menu' ) );
		add_action( 'admin_enqueue_scripts', array( Settings::class, 'enqueue_assets' ) );
		add_action( 'admin_enqueue_scripts', array( Presence::class, 'enqueue_assets' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( ESCBRIDGE_FILE ), array( Settings::class, 'add_action_link' ) );
		add_filter( 'removable_query_args', array( Admin::class, 'removable_query_args' ) );
		add_action( 'wp_dashboard_setup', array( Dashboard::class, 'register' ) );
		add_filter( 'heartbeat_received', array( Presence::class, 'on_heartbeat' ), 10, 2 );
		add_action( 'admin_post_escbridge_act', array( Admin::class, 'handle_form' ) );
		add_action( 'admin_post_escbridge_hours', array( Hours::class, 'handle_form' ) );
		add_action( 'admin_post_escbridge_renew', array( Renewal::class, 'handle_form' ) );
	}

	public static function load_textdomain(): void {
		load_plugin_textdomain( 'escalation-bridge', false, dirname( plugin_basename( ESCBRIDGE_FILE ) ) . '/languages' );
	}

	/**
	 * Virtual capability: whoever manages the site manages escalations. Nothing is stored; other roles by the same filter.
	 *
	 * @param array<string,bool> $caps The user's capabilities. Untyped, as what comes from any filter: another plugin's mistake is to end no page.
	 */
	public static function grant_capability( $caps ) {
		if ( ! empty( $caps['manage_options'] ) ) {
			$caps['escbridge_manage'] = true;
		}
		return $caps;
	}

	/**
	 * What every request reads is there, so that it comes with all options: where one is missing, WordPress asks the database for it each
	 * time. On activation, and in wp-admin, for no site but the first of a network is activated and an update activates none.
	 */
	public static function add_default_options(): void {
		foreach ( array( Settings::OPTION => array(), Outbox::NEXT_TRY_OPTION => '0' ) as $option => $nothing ) {
			if ( false === get_option( $option, false ) ) {
				add_option( $option, $nothing );
			}
		}
	}

	/** What was learnt of the sidecar is forgotten: another one may be there now. */
	public static function reset(): void {
		delete_transient( 'escbridge_breaker' );
		delete_transient( 'escbridge_clock' );
		delete_transient( 'escbridge_stats' );
		Pages::resend_after_change();
	}

	/** The one bridge of this request and site: its calls share one time budget. */
	public static function bridge(): Bridge {
		return self::$bridges[ get_current_blog_id() ] ??= new Bridge( self::client() );
	}

	/** A client with a time budget of its own. */
	public static function client(): Client {
		return new Client( Settings::pairing() );
	}
}

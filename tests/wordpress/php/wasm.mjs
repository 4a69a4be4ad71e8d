/**
 * Another PHP than the machine's own, a WebAssembly build, called as `php` is: node wasm.mjs BUILDS VERSION ARGUMENT...
 *
 * BUILDS is a folder whose node_modules has the packages. It sees the machine's files, environment and network; of Unix
 * sockets it knows nothing. Of `-S` it does what the tests need: files as they are, every other address is a permalink
 * for WordPress. The router that php is told is not run.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';

const [ builds, version, ...given ] = process.argv.slice( 2 );
const load = createRequire( `${ builds }/` );
const { loadNodeRuntime, useHostFilesystem } = load( '@php-wasm/node' );
const { PHP, PHPRequestHandler, setPhpIniEntries } = load( '@php-wasm/universal' );

const HIDDEN = /\/(wp-config\.php|debug\.log|mail\.jsonl)(\?|$)/;
const FURTHER_SITE = /^\/(?!wp-)[\w-]+(\/wp-(?:admin|content|includes)(?:\/.*)?|\/wp-[\w-]+\.php)$/;
let processes = 0;

async function php() {
	const emscriptenOptions = { processId: ++processes, ENV: { ...process.env } };
	const made = new PHP( await loadNodeRuntime( version, { emscriptenOptions } ) );
	useHostFilesystem( made );
	await made.setSpawnHandler( ( command, args ) => spawn( command, args, { shell: true } ) ); // else a page hangs at exec()
	return made;
}

async function run() {
	const { stdout, stderr, exitCode } = await ( await php() ).cli( [ 'php', ...given ] );
	const told = [ [ stdout, process.stdout ], [ stderr, process.stderr ] ].map( async ( [ from, to ] ) => {
		for await ( const part of from ) {
			to.write( part );
		}
	} );
	const code = await exitCode;
	await Promise.all( told );
	process.exit( code );
}

function serve( address, root ) {
	const [ host, port ] = address.split( ':' );
	const settings = given.filter( ( _, nth ) => '-d' === given[ nth - 1 ] ).map( ( setting ) => setting.split( '=' ) );
	const handler = new PHPRequestHandler( {
		documentRoot: root,
		absoluteUrl: `http://${ address }`,
		cookieStore: false,
		rewriteRules: [ { match: FURTHER_SITE, replacement: '$1' } ],
		getFileNotFoundAction: () => ( { type: 'internal-redirect', uri: '/index.php' } ),
		maxPhpInstances: Number( process.env.PHP_CLI_SERVER_WORKERS || 1 ),
		phpFactory: async () => {
			const worker = await php();
			await setPhpIniEntries( worker, Object.fromEntries( settings ) );
			return worker;
		},
	} );
	createServer( async ( request, response ) => {
		const { method, url, headers } = request;
		if ( HIDDEN.test( url ) ) {
			response.writeHead( 403 ).end();
			return;
		}
		try {
			const body = Buffer.concat( await request.toArray() );
			const said = await handler.requestStreamed( { method, url, headers, ...( body.length && { body } ) } );
			said.stderrText.then( ( faults ) => faults && console.error( faults ) );
			response.writeHead( await said.httpStatusCode, await said.headers );
			Readable.fromWeb( said.stdout ).pipe( response );
		} catch ( error ) {
			console.error( error );
			response.destroy();
		}
	} ).listen( Number( port ), host );
}

const at = ( option ) => given[ given.indexOf( option ) + 1 ];
given.includes( '-S' ) ? serve( at( '-S' ), at( '-t' ) ) : await run();

process.stderr.write('srwan: this folder lacks the native parts of a package; pack with `npm run build -- package` at the top of the checkout\n')
process.exitCode = 1

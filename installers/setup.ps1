# Set BioFM Desktop up in .venv beside this folder. Quick when nothing has changed since the last time.
#   powershell -ExecutionPolicy Bypass -File installers\setup.ps1 [-Dev]
param([switch] $Dev)
. (Join-Path $PSScriptRoot 'common.ps1')
Set-Location $Checkout

$stamp = Join-Path $Environment '.set-up'
$before = if (Test-Path $stamp) { (Get-Content $stamp -Raw).Trim() } else { '' }
# Once the developers' packages are there they stay, so that run.ps1 after test.ps1 does not go back and forth.
$kind = if ($Dev -or $before.StartsWith('developer ')) { 'developer' } else { 'user' }
$requirements = if ($kind -eq 'developer') { 'installers\requirements-dev.txt' } else { 'installers\requirements.txt' }
$hashes = 'pyproject.toml', $requirements, 'installers\requirements-uv.txt' | ForEach-Object { (Get-FileHash $_ -Algorithm SHA256).Hash }
$state = "$kind $Checkout $($hashes -join ' ')"

$python = @($VenvPython)
if (-not (Test-Path $VenvPython) -or -not (Test-Fits $python) -or ($before -and -not $before.Contains(" $Checkout "))) {
    $python = Find-Python
    Say "Making the environment $Environment"
    if (Test-Path $Environment) { Remove-Item $Environment -Recurse -Force }
    $rest = @($python | Select-Object -Skip 1) + @('-m', 'venv', $Environment)
    & $python[0] @rest
    if ($LASTEXITCODE -ne 0) { Stop-With 'The environment could not be made; the lines above say why.' }
    $before = ''
}
if ($before -ne $state) {
    if (Test-Path $stamp) { Remove-Item $stamp }
    Say 'Getting uv, which installs the rest'
    if (-not (Invoke-Thrice { & $VenvPython -m pip install --quiet --require-hashes --only-binary :all: -r installers\requirements-uv.txt })) {
        Stop-With 'uv could not be downloaded. Is this machine on the network?', 'Behind a proxy, set HTTPS_PROXY. Then run this again.'
    }
    # An institute's network may sign with certificates that only the system knows.
    if (-not $env:UV_SYSTEM_CERTS) { $env:UV_SYSTEM_CERTS = '1' }
    Say 'Installing the packages (the first time about a gigabyte is downloaded)'
    if (-not (Invoke-Thrice { & $VenvUv pip install --python $VenvPython --require-hashes --only-binary :all: --quiet -r $requirements })) {
        Stop-With 'The packages could not be installed; the lines above say why.', 'What was downloaded is kept: run the same command again to go on.'
    }
    & $VenvUv pip install --python $VenvPython --no-deps --no-build-isolation --offline --quiet -e .
    if ($LASTEXITCODE -ne 0) { Stop-With 'BioFM Desktop itself could not be installed; the lines above say why.' }
    Set-Content -Path $stamp -Value $state -Encoding utf8
}
Say "BioFM Desktop is set up in $Environment"
exit 0

# Set everything up and run every check; stops at the first that fails, with its status.
#   powershell -ExecutionPolicy Bypass -File installers\test.ps1 [WORDS FOR PYTEST...]
param([Parameter(ValueFromRemainingArguments = $true)] [string[]] $ForPytest = @())
. (Join-Path $PSScriptRoot 'common.ps1')

function Invoke-Check([string] $Name, [scriptblock] $Command) {
    Say "Check: $Name"
    & $Command | Out-Host
    if ($LASTEXITCODE -ne 0) { Stop-With "This check failed (status $LASTEXITCODE): $Name" -Status $LASTEXITCODE }
}

& (Join-Path $PSScriptRoot 'setup.ps1') -Dev
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
Set-Location $Checkout
$scripts = Join-Path $Environment 'Scripts'
Invoke-Check 'the layout of the code' { & "$scripts\ruff.exe" format --check . }
Invoke-Check 'the habits of the code' { & "$scripts\ruff.exe" check . }
Invoke-Check 'the types' { & "$scripts\mypy.exe" }
Invoke-Check 'the walls between the rooms' { & "$scripts\lint-imports.exe" }
Invoke-Check 'the tests' { & $VenvPython -m pytest -n 2 --dist loadfile @ForPytest }
Say 'Every check passed'

# Every word a person reads, in Japanese. Polite form (です・ます).

## The language itself

language-name = 日本語
language-now = 言語: { $name }
format-time = %H:%M:%S UTC
format-date = %Y年%m月%d日 %H:%M UTC

## Frame

page-title = { $page } – { $site }
page-title-failed = エラー: { $page } – { $site }
header-signing-in = { $name } としてサインイン中
header-not-you = 別の方ですか？
header-signed-in = { $name } としてサインイン済み
header-nav = アカウント
header-account = アカウント
header-sign-out = サインアウト
bound-for = { $site } に進むには
footer = Vestibule が { $site } へのサインインを保護しています。

continue = 続ける
back = 戻る
back-to-site = トップページに戻る
cancel = キャンセル
try-again = もう一度試す
start-over = 最初からやり直す
request-id = 管理者に伝える参照番号

## Times

ago-moment = たった今
ago-minutes = { $count } 分前
ago-hours = { $count } 時間前
ago-days = { $count } 日前
in-seconds = { $count } 秒後
in-minutes = { $count } 分後
in-hours = { $count } 時間後
wait-seconds = 試行回数が多すぎます。{ $count } 秒後（{ $time }）にもう一度お試しください。
wait-minutes = 試行回数が多すぎます。{ $count } 分後（{ $time }）にもう一度お試しください。
wait-closed = このアカウントへの誤った回答が多すぎたため、ここからの回答は受け付けていません。以前使ったことのあるブラウザーからサインインするか、管理者にお問い合わせください。
step-ends = あと { $count } 分（{ $time } まで）で終えてください。過ぎると最初からになります。
session-ends-minutes = あと { $count } 分（{ $time } まで）サインインしたままです。過ぎるともう一度サインインが必要です。
session-ends-hours = あと { $count } 時間（{ $date } まで）サインインしたままです。過ぎるともう一度サインインが必要です。
code-ends = コードは { $count } 分間（{ $time } まで）有効です。

## Fields

field-username = ユーザー名
field-new-username-hint = 使えるのは小文字の英字、数字、. _ @ + - だけです。後から変更できません。
field-password = パスワード
field-new-password = 新しいパスワード
field-new-password-hint = { $least } 文字以上。覚えやすい単語をいくつか並べると良いパスワードになります。
field-new-password-again = 新しいパスワード（確認）
field-code = コード
field-recovery-code = リカバリーコード
field-recovery-code-hint = アカウントの設定時に保管したコードの一つです。それぞれ一度だけ使えます。
field-phone = 電話番号
field-phone-hint = 国番号から入力してください（例: +81 90 1234 5678）。
field-email = メールアドレス
field-label = このデバイスの名前
field-label-hint = 後で見分けるための名前です（例:「仕事用の電話」）。

## Errors at a field or a form

error-username-missing = ユーザー名を入力してください。
error-username-refused = この名前は使えません。小文字の英字、数字、. _ @ + - を 64 文字まで使えます。
error-password-missing = パスワードを入力してください。
error-login-wrong = ユーザー名またはパスワードが正しくありません。両方を確認して、もう一度お試しください。
error-code-wrong = コードが正しくありません。確認するか次のコードを待って、もう一度お試しください。
error-code-missing = コードを入力してください。
error-code-late = このコードは古すぎます。新しいコードを送信して、それを入力してください。
error-recovery-code-wrong = このコードは正しくないか、使用済みです。別のコードをお試しください。
error-key-model = この機種のキーはここでは使えません。別のキーか別の方法を使ってください。
error-key-refused = このキーは受け付けられませんでした。もう一度試すか、別の方法を使ってください。
error-key-known = このキーはすでに設定されています。別のキーを使ってください。
error-phone-invalid = この番号には送信できません。国番号から入力してください（例: +81 90 1234 5678）。
error-phone-country = この国の番号にはコードを送信していません。別の番号または別の方法を使ってください。
error-phone-closed = この番号へのコードの送信は停止されています。別の方法を使うか、管理者にお問い合わせください。
error-phone-missing = 電話番号を入力してください。
error-email-invalid = メールアドレスではありません。alice@example.com のように入力してください。
error-email-missing = メールアドレスを入力してください。
error-label-missing = このデバイスに名前を付けてください。
error-label-long = この名前は長すぎます。64 文字以内にしてください。
error-label-taken = 同じ名前のデバイスがすでにあります。別の名前にしてください。
error-password-short = このパスワードは短すぎます。{ $least } 文字以上にしてください。
error-password-long = このパスワードは長すぎます。
error-password-common = このパスワードは最もよく使われるものの一つで、推測されてしまいます。別のものにしてください。
error-password-own-name = ユーザー名をパスワードにすることはできません。
error-password-not-the-same = 二つのパスワードが一致しません。新しいパスワードをもう一度入力してください。
error-not-acknowledged = 先にコードを保管してから、このボックスにチェックを入れてください。
error-send-budget = { $time } まではコードをこれ以上送信できません。別の方法を使うか、{ $in } にもう一度お試しください。
error-factor-last = これは最後の二つ目の認証要素で、ここでは必要です。先に別のものを追加してください。
error-busy = 今は確認できません。しばらくしてからもう一度お試しください。

## login

login-title = サインイン
login-button = サインイン
login-link = サインインへ
account-link = アカウントへ
login-timed-out = 時間がかかりすぎたため、最初からになります。もう一度サインインしてください。
login-not-delivered = 送信された内容は届いていません。サインインした後でもう一度送信してください。
login-start-again = この手順は、すでに終わったサインインのものです。もう一度サインインしてください。
login-form-expired = このフォームは古すぎるか、別の場所から来たものです。何も行われていません。もう一度サインインしてください。
login-address-unknown = このゲートは自分の公開アドレスを知りません。`url` を設定してください。
login-or = または
login-alone-wait = お使いのネットワークからの試行が多すぎます。{ $in }（{ $time }）にもう一度お試しください。
login-alone-failed = うまくいきませんでした。パスキーが使われなかったか、時間切れです。もう一度試すか、名前とパスワードを入力してください。
login-password-first = お使いのキーは本人確認をしなかったため、ここではそれだけでは足りません。名前とパスワードを入力してから、もう一度キーを使ってください。
login-password-set = パスワードを設定しました。新しいパスワードでサインインしてください。
login-forgot = パスワードをお忘れですか？

## verify

verify-choose-title = 本人確認
verify-choose-lead = あと一歩です。設定した方法の一つを選んでください。
verify-button = 続ける
verify-key-button = キーまたはパスキーを使う
verify-lost-link = デバイスを紛失しましたか？
badge-last-used = 前回使用
badge-strongest = 最も安全
badge-strong = 安全
badge-basic = 基本
others-title = 別の方法を試す
trust-label = このブラウザーを { $days } 日間信頼する
trust-hint = このブラウザーではパスワードだけで済みます。他の人が使わないデバイスでのみ選んでください。
lost-title = デバイスを紛失しましたか？
lost-lead = 別の方法を用意してあれば、デバイスがなくてもサインインできます。
lost-others = まだ使える方法:
lost-nothing-else = このアカウントには他の方法が設定されていません。
lost-help-title = どれも使えない場合
lost-help = { $site } の管理者にアカウントのリセットを依頼してください。新しいデバイスを設定するためのリンクが届きます。パスワードやコードを尋ねられることはありません。

delivery-ready = { $target } にコードを送信できます。
delivery-send = コードを送信
delivery-sent = { $target } にコードを送信しました。
delivery-failed = { $target } にコードを送信できませんでした。もう一度試すか、別の方法を使ってください。
delivery-again = 新しいコードを送信
delivery-again-at = 新しいコードは { $in }（{ $time }）に送信できます。

call-ready = { $target } に電話をかけてコードをお伝えできます。
call-send = 電話をかけてもらう
call-sent = { $target } に電話をかけています。
call-failed = { $target } に電話をかけられませんでした。もう一度試すか、別の方法を使ってください。
call-again = もう一度電話をかけてもらう
call-again-at = { $in }（{ $time }）に、もう一度電話を依頼できます。

ceremony-needs-script = キーとパスキーには JavaScript が必要ですが、ここでは無効になっています。このサイトで有効にするか、別の方法を使ってください。
ceremony-failed = うまくいきませんでした。キーが使われなかったか、時間切れです。もう一度お試しください。
ceremony-unsupported = このブラウザーではキーとパスキーを使えません。別のブラウザーか別の方法を使ってください。
ceremony-again = もう一度試す
ceremony-next = 続けると、ブラウザーがキーまたはパスキーを求めます。

## enrol

enrol-first-title = 二つ目の手順を追加
enrol-first-lead = { $site } ではパスワード以外の確認も必要です。これからのサインインに使うものを選んでください。
enrol-needed = 開こうとしたページに使えるもの
enrol-needed-others = サインインはできますが、そのページは開けないもの
enrol-title = サインイン方法を追加
enrol-lead = 追加するものを選んでください。紛失に備えて二つあると安心です。
enrol-button = 確認
enrol-key-button = このキーを設定
enrol-other = 別のものを選ぶ

otpauth-picture = 認証アプリ用の QR コード
otpauth-open = このデバイスのアプリで開く
otpauth-secret = カメラがない場合は、このキーをアプリに入力してください:

## Methods

method-totp-title = 認証アプリ
method-totp-hint = 電話の無料アプリが 30 秒ごとに新しいコードを表示します。ネットワークがなくても使えます。
method-totp-ask = 認証アプリに今表示されているコードを入力してください。
method-totp-enrol-title = アプリを設定
method-totp-enrol = この画像を認証アプリで読み取り、アプリに表示されるコードを入力してください。
method-totp-label = 認証アプリ

method-hotp-title = コードトークン
method-hotp-hint = ボタンを押すたびに新しいコードを作る小さな機器、または回数を数えるアプリです。ネットワークがなくても使えます。
method-hotp-ask = ボタンを押してコードを入力してください。コードが拒否される場合は、二つ作って順番に入力してください。
method-hotp-enrol-title = コードトークンを設定
method-hotp-enrol = この画像を読み取るかキーをトークンに入力し、最初に作られたコードを入力してください。
method-hotp-label = コードトークン

method-yubikey-title = YubiKey コード
method-yubikey-hint = 触れると長いコードを自動で入力するキーです。セキュリティキーとしても使えるなら、そちらを選んでください。より安全です。
method-yubikey-ask = カーソルを入力欄に置いて YubiKey に触れてください。コードは自動で入力されます。
method-yubikey-enrol-title = YubiKey を設定
method-yubikey-enrol = カーソルを入力欄に置いて YubiKey に触れてください。入力されるコードで、このキーを見分けられるようになります。
method-yubikey-label = YubiKey

method-webauthn-title = セキュリティキーまたはパスキー
method-webauthn-hint = このデバイスの指紋、顔、PIN、または差し込むキーです。偽のサイトでは使えません。
method-webauthn-ask = キーまたはパスキーを使ってください。手順はブラウザーが表示します。
method-webauthn-enrol-title = キーを設定
method-webauthn-enrol = キーに名前を付けて、ブラウザーの指示に従ってください。
method-webauthn-label = セキュリティキー
method-webauthn-alone = パスキーでサインイン

method-sms-title = SMS
method-sms-hint = 電話に送信されるコードです。メッセージは他人に読まれたり転送されたりすることがあります。できればより安全な方法を選んでください。
method-sms-ask = メッセージのコードを入力してください。
method-sms-enrol-title = SMS を設定
method-sms-enrol = この番号があなたのものか確かめるため、コードを送信します。
method-sms-confirm = 番号を確認するため、メッセージのコードを入力してください。
method-sms-label = 携帯電話

method-voice-title = 電話
method-voice-hint = 電話をかけてコードをお伝えします。通話は他人に聞かれたり転送されたりすることがあります。できればより安全な方法を選んでください。
method-voice-ask = 電話をおかけします。電話のキーをどれか押してコードを聞き、ここに入力してください。
method-voice-enrol-title = 電話を設定
method-voice-enrol = この番号があなたのものか確かめるため、電話をかけてコードをお伝えします。最初にキーを押すようご案内します。
method-voice-confirm = 電話に出て、電話のキーをどれか押してください。聞こえたコードを入力してください。
method-voice-label = 電話

method-email-title = メール
method-email-hint = メールボックスに送信されるコードです。あなたのメールを読める人はサインインできてしまいます。できればより安全な方法を選んでください。
method-email-ask = メールのコードを入力してください。
method-email-enrol-title = メールを設定
method-email-enrol = このアドレスがあなたのものか確かめるため、コードを送信します。
method-email-confirm = アドレスを確認するため、メールのコードを入力してください。
method-email-label = メールボックス

method-recovery-title = リカバリーコード
method-recovery-hint = 印刷または書き留めたコードの一つです。
method-recovery-enrol-title = リカバリーコード
method-recovery-enrol = デバイスを紛失したときにサインインするためのコードです。それぞれ一度だけ使えます。
method-recovery-label = リカバリーコード
method-recovery-left = 残り { $count } 個

## Recovery codes

codes-title = リカバリーコードを保管してください
codes-lead = デバイスを紛失したときは、この { $count } 個のコードでサインインできます。それぞれ一度だけ使え、表示されるのは今だけです。
codes-replace = 以前のコードは使えなくなりました。
codes-sheet = { $site } のリカバリーコード
codes-for = { $name } 用、{ $date } 作成
codes-keep = このページを印刷するかコードを書き写し、サインインに使うデバイスではなく、大切な書類と同じ場所に保管してください。
codes-acknowledge = コードを保管しました
codes-work = コードは「{ $button }」を押すと使えるようになります。
codes-ends = あと { $count } 分（{ $time } まで）でコードを保管してください。過ぎるとこのコードは無効になり、アカウントのページで新しく作成することになります。
codes-void = このコードは無効です
codes-void-text = 保管したことを確認する前に時間切れになりました。印刷したり書き写したりしたものは捨て、新しいコードを作成してください。サインインしたままです。

## account

account-title = アカウント
account-sites = あなたのサイト
account-factors = サインイン方法
account-factors-none = 二つ目の認証要素はまだありません。
account-factor-add = サインイン方法を追加
account-last-used = 最終使用
account-never-used = なし
account-added = 追加
account-rename = 名前を変更
account-rename-this = { $name } の名前を変更
account-remove = 削除
account-remove-this = { $name } を削除
account-recovery = リカバリーコード
account-recovery-left = コードは残り { $count } 個です。
account-recovery-few = { $count ->
    [0] リカバリーコードがありません。デバイスを紛失しても締め出されないよう、作成してください。
   *[other] リカバリーコードは残り { $count } 個だけです。早めに新しいコードを作成してください。
}
account-recovery-renew = 新しいコードを作成
account-sessions = サインイン中の場所
account-this-session = この端末
account-last-seen = 最終アクセス
account-started = サインイン
account-session-end = サインアウト
account-session-end-this = { $name } をサインアウト
account-sign-out-elsewhere = 他のすべてからサインアウト
account-elsewhere-offer = 他の人があなたとしてサインインしていた可能性がある場合は、今すぐ終了してください。
account-sign-out-everywhere = すべてからサインアウト
browser-on = { $system } の { $browser }
browser-at = { $browser }（{ $address }）
browser-unknown = 不明なブラウザー
account-browsers = あなたのブラウザー
account-browsers-hint = 二つの手順でサインインしたことのあるブラウザーです。見知らぬ人が誤ったパスワードを何度も試しても、ここからはサインインできます。信頼済みのブラウザーではパスワードだけで済みます。
account-browsers-none = まだありません。
account-browser-since = 初回
account-browser-end = 登録を解除
account-browser-end-this = { $name } の登録を解除
account-browser-trusted = 信頼の期限
account-this-browser = このブラウザー
account-browsers-end = すべてのブラウザーの登録を解除
account-browsers-end-others = 他のすべてのブラウザーの登録を解除
account-browsers-offer = 他のブラウザーからは、これまでどおりサインインできます。望まない場合は登録を解除してください。
account-password = パスワード
account-password-change = パスワードを変更
done-factor-added = 追加しました。これから使えます。
done-factor-renamed = 新しい名前を保存しました。
done-factor-removed = 削除しました。これではもうサインインできません。他の場所からはサインアウトしました。
done-password-changed = パスワードを変更しました。他の場所からはサインアウトしました。
done-session-ended = そのセッションをサインアウトしました。
done-sessions-ended = 他の場所からはすべてサインアウトしました。
done-browser-ended = 登録を解除しました。
done-codes-made = 新しいリカバリーコードが有効になりました。

## A reminder after signing in

remind-title = より安全なサインイン方法を追加
remind-lead = 今お使いのものより安全なサインイン方法があります。追加は一分ほどで終わり、方法が二つあれば一つを失っても締め出されません。
remind-proof = もう一度本人確認をしてから追加します。
remind-later = 後で
remind-again = これまでどおり続けるには「後で」を選んでください。{ $date } を過ぎたらもう一度お尋ねします。

## Confirming an action

confirm-add = 本人確認
confirm-add-text = サインイン方法を追加する前に、今ある方法で確認してください。
confirm-rename = デバイスの名前を変更
confirm-rename-text = 「{ $name }」に新しい名前を付け、本人確認をしてください。
confirm-rename-button = 名前を変更
confirm-remove = デバイスを削除
confirm-remove-text = 「{ $name }」ではサインインできなくなり、他の場所からはすべてサインアウトします。本人確認をしてください。
confirm-remove-button = 削除する
confirm-codes = 新しいリカバリーコードを作成
confirm-codes-text = 古いコードは使えなくなります。本人確認をしてください。
confirm-codes-button = 新しいコードを作成
confirm-password = パスワードを変更
confirm-password-text = 新しいパスワードを決め、本人確認をしてください。
confirm-password-button = パスワードを変更
confirm-browser = ブラウザーの登録を解除
confirm-browser-text = 「{ $name }」は、もう一度そこでサインインするまで見知らぬものとして扱われます。本人確認をしてください。
confirm-browser-button = 登録を解除
confirm-other-browsers = 他のすべてのブラウザーの登録を解除
confirm-other-browsers-text = このブラウザー以外のすべてのブラウザーが、もう一度サインインするまで見知らぬものとして扱われます。本人確認をしてください。
confirm-browsers = すべてのブラウザーの登録を解除
confirm-browsers-text = このブラウザーも含めて、すべてのブラウザーが、もう一度サインインするまで見知らぬものとして扱われます。本人確認をしてください。
confirm-browsers-button = すべて解除

## logout

logout-title = サインアウトしますか？
logout-lead = このブラウザーで { $site } からサインアウトします。
logout-button = サインアウト
logout-stay = サインインしたままにする
logout-done-title = サインアウトしました
logout-done-lead = このブラウザーはサインアウトしました。共用のコンピューターでは、ブラウザーも閉じてください。
logout-done-everywhere = すべてのブラウザーでサインアウトしました。
logout-again = もう一度サインイン

## One-time links

invite-title = ようこそ
invite-lead = これは { $site } のあなたのアカウント { $name } です。まずパスワードを決めてください。
invite-next = 次に、二つ目の手順を設定します。
invite-ends = このリンクは一度だけ、{ $date } まで使えます。
reset-title = アカウントの再設定
reset-lead = { $site } のアカウント { $name } の二つ目の手順がリセットされました。続けて新しい手順を設定してください。
invite-dead-title = このリンクは使えません
invite-dead-lead = すでに使われたか、古すぎるか、全体がコピーされていません。
invite-dead-help = アカウントを設定済みの場合はサインインしてください。そうでなければ、管理者に新しいリンクを依頼してください。
forgot-title = パスワードをお忘れですか？
forgot-lead = ユーザー名を入力してください。アカウントにメールアドレスがあれば、新しいパスワードを決めるためのリンクを送信します。
forgot-button = リンクを送信
forgot-form-expired = このフォームは古すぎるか、別の場所から来たものです。何も送信されていません。もう一度お試しください。
forgot-sent-title = メールをご確認ください
forgot-sent-lead = そのアカウントがあり、メールアドレスが登録されていれば、リンクを送信しました。一度だけ、{ $minutes } 分間使えます。
forgot-sent-help = 届かない場合は迷惑メールを確認するか、管理者にお問い合わせください。この方法が使えないアカウントもあります。
forgot-again = 新しいリンクを依頼
new-password-title = 新しいパスワードを決めてください
new-password-lead = これは { $site } のアカウント { $name } です。すべての場所からサインアウトします。
new-password-next = その後、新しいパスワードでサインインしてください。二つ目の手順はそのままです。
setup-title = 最初のアカウントを作成
setup-lead = このゲートにはまだユーザーがいません。あなたが管理者です。ユーザー名とパスワードを決めてください。
setup-button = アカウントを作成

## When signing in cannot go on

blocked-title = ここではサインインできません
blocked-cookies = ブラウザーが Cookie を送り返しませんでした。
blocked-cookies-remedy = このサイトの Cookie を許可し、プライベートブラウズが Cookie を遮断している場合は終了してください。その後、もう一度お試しください。
blocked-http = このサイトは { $origin } 用に設定されていますが、ブラウザーは暗号化されていない http で接続しました。
blocked-http-remedy = 代わりに { $origin } を開いてください。すでに開いている場合は、このゲートの手前で接続が復号されています。実際に使われているアドレスを `url` に設定するよう管理者に依頼してください。
blocked-gate = このホストの別のゲートが同じ名前の Cookie を使っています。
blocked-gate-remedy = Cookie はポートを区別しません。二つのゲートに別々の名前を `session.cookie` で付けるよう管理者に依頼してください。
blocked-loop = ブラウザーが行き来を繰り返し、どこにも到達できませんでした。
blocked-loop-remedy = 多くの場合、Cookie が遮断されています。このサイトとサインインページの Cookie を許可してください。または、VPN などのためにお使いの端末に 2 つのアドレスがあり、2 つのページが別々のアドレスを見ている可能性があります。そのうえで、もう一度お試しください。
blocked-way-back = サインインから戻る経路が古すぎるか、使用済みか、別のブラウザーで始められたものです。
blocked-way-back-remedy = これでサインインした人はいません。もう一度お試しください。まだサインインしていれば、すぐに入れます。
blocked-no-site = 移動先のサイトは、現在ここでは提供されていません。
blocked-no-site-remedy = 現在の場所を管理者にお問い合わせください。開くことのできるサイトはアカウントのページに表示されます。
waiting-title = しばらくお待ちください
waiting-why = 誤った回答が続いたため、しばらく回答を受け付けません。これは推測からアカウントを守るためです。
not-enrolled-title = 招待が必要です
not-enrolled-lead = パスワードは正しいのですが、{ $site } では二つ目の手順が必要で、このアカウントにはまだありません。
not-enrolled-help = { $site } の管理者に招待リンクを依頼してください。そのリンクで二つ目の手順を設定できます。
factor-needed-title = このページにはより安全な方法が必要です
factor-needed-lead = サインインしていますが、このページではまだ設定していないサインイン方法が求められます。
factor-needed-proof = 追加する前に、もう一度本人確認をします。

## Refusals

refused-400 = このリクエストは読み取れません
refused-400-text = アドレスまたはヘッダーが複数の意味に解釈できるため、転送されませんでした。アドレスを確認して、もう一度お試しください。
refused-401 = サインインしていません
refused-401-text = サインインしてから、もう一度お試しください。
refused-403 = このページは開けません
refused-403-text = このサイトの規則では、ここへのアクセスは許可されていません。許可されるべきだと思われる場合は、管理者に伝えてください。
refused-as-another = 別のユーザーとしてサインイン
refused-404 = ここには何もありません
refused-404-text = このアドレスの先には何もありません。入力に誤りがないか確認してください。
refused-405 = ここではできません
refused-405-text = このページはこの種類のリクエストを受け付けません。
refused-409 = この手順は順番が違います
refused-409-text = すでに終わったか、その間に変わったものの手順です。最初からやり直してください。
refused-413 = 大きすぎます
refused-413-text = このページが受け付ける以上の量が送信されました。何も保存されていません。
refused-421 = このサイトはここにはありません
refused-421-text = アドレスはこのサーバーを指していますが、その名前のサイトは設定されていません。
refused-429 = リクエストが多すぎます
refused-429-text = しばらく待ってから、もう一度お試しください。
refused-431 = ヘッダーが多すぎます
refused-431-text = ブラウザーが送ったヘッダーまたは Cookie が多すぎます。このサイトの Cookie を削除すると解決することがよくあります。
refused-500 = 問題が発生しました
refused-500-text = こちら側の不具合で、何も転送されていません。しばらくしてからもう一度お試しください。
refused-501 = アプリケーションはこれに対応していません
refused-501-text = この種類の接続を扱わないように設定されています。管理者に伝えてください。
refused-502 = アプリケーションが応答しません
refused-502-text = ゲートには届きましたが、その先のアプリケーションに接続できませんでした。しばらくしてからもう一度お試しください。
refused-503 = 現在利用できません
refused-503-text = 今は応答できず、何も転送されていません。しばらくしてからもう一度お試しください。
refused-504 = アプリケーションの応答に時間がかかりすぎています
refused-504-text = ゲートの先のアプリケーションが時間内に応答しませんでした。しばらくしてからもう一度お試しください。
refused-508 = リクエストが循環しています
refused-508-text = 転送されたリクエストがこのゲートに戻ってきました。管理者に伝えてください。
refused-stale-form = このフォームは古すぎます
refused-stale-form-text = 開いてから時間が経ちすぎたか、すでに終わったブラウザーのセッションで開かれたものです。何も行われていません。前のページに戻って再読み込みし、もう一度お試しください。
refused-no-certificate = このページには証明書が必要です
refused-no-certificate-text = ブラウザーまたはプログラムが、ここで認められるクライアント証明書を提示しませんでした。受け取った証明書をインストールし、ブラウザーのウィンドウをすべて閉じてから、もう一度お試しください。
refused-not-from-here = 直接開く必要があります
refused-not-from-here-text = 別のページ、フレーム、またはスクリプトから要求されました。何も行われていません。専用のタブで開いてください。

## The sample application

demo-title = サンプルアプリケーション
demo-lead = 二つの扉を通りました。これは { $path } を要求されたあなたのアプリケーションの代わりで、あなたについて次のことが伝えられています。
demo-verified = 署名付きの身元情報をゲートの公開鍵で検証しました。正しいものです。
demo-refused = 署名付きの身元情報は信用されませんでした: { $reason }
demo-missing = 身元情報は送られていません。このページは誰でも開けます。
demo-claims = 署名が保証する内容
demo-headers = 受け取ったヘッダー
demo-headers-none = なし。
demo-try = 他にも試す
demo-link-step-up = 一分後にもう一度確認するページ
demo-link-open = 誰でも開けるページ
demo-link-messages = メッセージと認証アプリ
demo-link-account = アカウント
demo-messages-title = メッセージと認証アプリ
demo-messages = 送信されるはずだったメッセージ
demo-messages-none = まだありません。
demo-message-sms = { $to } への SMS
demo-message-call = { $to } への電話
demo-message-mail = { $to } へのメール
demo-authenticator = 手元に電話がない場合の認証アプリ
demo-secret = キー
demo-secret-hint = アプリを設定するページのキーを貼り付けてください。
demo-secret-button = コードを表示
demo-secret-refused = これはキーではありません。キーに含まれるのは A から Z の英字と 2 から 7 の数字だけです。
demo-code-left = あと { $count } 秒

## Messages and mails

voice-language = ja-JP
voice-ask = こんにちは。{ $site } からのお電話です。コードを聞くには、キーをどれか押してください。ご自身で依頼したものでない場合は、電話を切ってください。
voice-code = { $site } のコードは次のとおりです。
voice-again = もう一度申し上げます。
voice-end = 誰にも教えないでください。失礼いたします。

sms-code = { $site } のコードは { $code } です（{ $minutes } 分間有効）。誰にも教えないでください。

mail-code-subject = { $site } のコード
mail-code =
    { $site } のコードは { $code } です。{ $minutes } 分間有効です。誰にも教えないでください。

    ご自身で依頼したものでない場合は、他の人があなたのパスワードを知っている可能性があります。パスワードを変更してください。
mail-code-enrol =
    { $site } のコードは { $code } です。{ $minutes } 分間有効です。誰にも教えないでください。

    このアドレスが { $site } のコードの送り先として入力されました。心当たりがない場合は、このメールを無視してください。コードがなければ、このアドレスは使われません。

mail-invitation-subject = { $site } のアカウント
mail-invitation =
    { $name } 様

    { $site } のアカウントが作成されました。次のリンクを開いて、パスワードと二つ目の手順を設定してください:

    { $link }

    このリンクは一度だけ、{ $date } まで使えます。心当たりがない場合は、このメールを無視してください。

mail-password-link-subject = { $site } の新しいパスワード
mail-password-link =
    { $name } 様

    { $from } から、{ $site } のアカウントの新しいパスワードが要求されました。次のリンクを開いてパスワードを決めてください:

    { $link }

    このリンクは一度だけ、{ $minutes } 分間使えます。二つ目の手順はそのままです。心当たりがない場合は、このメールを無視してください。何も変わりません。

mail-notice =
    { $name } 様

    { $what }

    サイト: { $site }
    日時: { $date }
    操作元: { $from }

    ご自身の操作であれば、何もする必要はありません。そうでない場合は、すぐに管理者に伝えてください。管理者はアカウントをリセットできます。まだサインインできる場合は、アカウントページでパスワードを変更し、すべてからサインアウトしてください。

mail-from-administrator = 管理者
mail-factor-added-subject = { $site } のサインイン方法が追加されました
mail-factor-added = アカウントに新しいサインイン方法が追加されました: { $label }
mail-factor-removed-subject = { $site } のサインイン方法が削除されました
mail-factor-removed = アカウントからサインイン方法が削除されました: { $label }
mail-factor-renamed-subject = { $site } のサインイン方法の名前が変更されました
mail-factor-renamed = アカウントのサインイン方法の名前が変更されました: { $before } → { $label }
mail-password-changed-subject = { $site } のパスワードが変更されました
mail-password-changed = アカウントのパスワードが変更されました。
mail-recovery-used-subject = { $site } でリカバリーコードが使われました
mail-recovery-used = リカバリーコードの一つでサインインがありました。残りは { $count } 個です。
mail-fallback-used-subject = { $site } で予備の方法が使われました
mail-fallback-used = 紛失時のための方法で、デバイスなしのサインインがありました: { $label }
mail-recovery-renewed-subject = { $site } の新しいリカバリーコード
mail-recovery-renewed = アカウントの新しいリカバリーコードが作成されました。古いコードは使えません。
mail-address-replaced-subject = { $site } のメールアドレスが変更されました
mail-address-replaced = アカウントのメールアドレスが別のものに変更されました。アカウントに関するメールは、今後ここには届きません。
mail-reset-subject = { $site } のアカウントがリセットされました
mail-reset = 新しく設定できるよう、アカウントのサインイン方法がすべて取り除かれました。設定用のリンクは管理者から届きます。
mail-new-browser-subject = 新しいブラウザーから { $site } にサインインがありました
mail-new-browser = これまでに見たことのないブラウザーでアカウントが使われました: { $description }
mail-browser-trusted-subject = { $site } でブラウザーが信頼済みになりました
mail-browser-trusted = ブラウザーを信頼するチェックボックスがオンにされました。{ $until } までは、次のブラウザーでは二つ目の確認なしに、パスワードだけでサインインできます: { $description }
mail-browsers-forgotten-subject = { $site } でブラウザーの登録が解除されました
mail-browsers-forgotten = アカウントのページで、これまでにサインインしたブラウザーの登録が解除されました。もう一度両方の手順でサインインするまで、見知らぬブラウザーとして扱われます。
mail-browser-copied-subject = { $site } の信頼済みブラウザーがコピーされた可能性があります
mail-browser-copied = あなたのパスワードと、信頼済みブラウザーの情報の古いコピーを使って、誰かがアカウントにサインインしました。そのブラウザーの信頼は取り消され、それでサインインしていた人はサインアウトしました。バックアップからブラウザーを復元したばかりでなければ、パスワードを変更してください。
mail-sessions-ended-subject = { $site } のセッションが終了しました
mail-sessions-ended = アカウントページから { $count } 件のセッションが終了されました。そこでサインインしていた人は、もう一度サインインする必要があります。
mail-locked-subject = { $site } のアカウントで誤った回答が続いています
mail-locked = アカウントで誤った回答が続きました。再び使えるようにするには、以前使ったことのあるブラウザーから、またはパスキーがあればパスキーでサインインしてください。
